// Settings kept under a name: chosen from those there are, or given a new name.

import { make } from "/make.js";
import { ask } from "/server.js";

const form = document.getElementById("profiles");
const name = document.getElementById("profile");
const names = document.getElementById("profile-names");
const load = document.getElementById("load-profile");

const path = () => `/api/profiles/${encodeURIComponent(name.value.trim())}`;

/** Starts the profile picker; `attempt(promise)` shows what went wrong. Returns what to call with every new state. */
export function startProfiles(attempt) {
  let known = [];
  const possible = () => { load.disabled = !known.includes(name.value.trim()); };
  name.addEventListener("input", possible);
  load.addEventListener("click", () => attempt(ask(path(), { method: "POST" })));
  form.addEventListener("submit", event => {
    event.preventDefault();
    attempt(ask(path(), { method: "PUT" }));
  });
  return ({ profiles }) => {
    if (profiles.join("\n") !== known.join("\n")) {
      names.replaceChildren(...profiles.map(profile => make("option", { value: profile })));
    }
    known = profiles;
    possible();
  };
}
