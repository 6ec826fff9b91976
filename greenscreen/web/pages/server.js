// Talks to the server. Every refusal becomes an Error whose message is the server's own sentence.

export async function ask(path, { method = "GET", json, body } = {}) {
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json) });
  } catch {
    throw new Error("greenscreen does not answer: is it still running?");
  }
  const result = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([result.error, result.hint].filter(Boolean).join(": ") || answer.statusText);
  return result;
}

export const change = values => ask("/api/settings", { method: "PATCH", json: values });
