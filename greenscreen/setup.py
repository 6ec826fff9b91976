"""What this system needs to have a virtual camera, as commands that a person can read before they run."""

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from greenscreen.linux.v4l2 import Device, list_devices

OPTIONS = "options v4l2loopback exclusive_caps=1 card_label=greenscreen"
LOAD, CONFIGURE = "/etc/modules-load.d/greenscreen.conf", "/etc/modprobe.d/greenscreen.conf"

_SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_KEYS = ("var/lib/dkms/mok.pub", "var/lib/shim-signed/mok/MOK.der")


@dataclass(frozen=True)
class Step:
    """Something to do: `why`, and the shell line that does it; without one, a person must."""

    why: str
    line: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of a Linux system."""

    family: frozenset[str]
    """The distribution's name and those it is like, such as `ubuntu` and `debian`."""
    kernel: str
    """Release of the kernel that runs."""
    built: bool
    """Whether there is a v4l2loopback for this kernel."""
    headers: bool
    """Whether there are headers to build one."""
    loaded: bool
    exclusive: bool
    """Whether it was loaded so that browsers list the camera."""
    free: bool
    """Whether there is a virtual camera to send to."""
    closed: bool
    """Whether there are video devices that the person may not use, so that one of them may be it."""
    configured: str
    """The file that sets other options for the module, empty if none does."""
    persistent: bool
    """Whether it is loaded in the same way after the next start."""
    secure_boot: bool
    key: str
    """The key that modules built here are signed with; empty where there is none yet."""
    root: bool


def gather(root: Path = Path("/"), kernel: str | None = None, devices: list[Device] | None = None) -> Facts:
    """Asks the system whose files are below `root`."""
    kernel = kernel or platform.release()
    modules = root / "lib/modules" / kernel
    module = root / "sys/module/v4l2loopback"
    options = {path: _read(path) for path in sorted((root / "etc/modprobe.d").glob("*.conf"))}
    ours = any(re.search(rf"^\s*{OPTIONS}\s*$", text, re.M) for text in options.values())
    others = [path for path, text in options.items() if re.search(r"^\s*options\s+v4l2loopback\b", text, re.M)]
    loads = [_read(path) for path in (root / "etc/modules-load.d").glob("*.conf")]
    devices = list_devices() if devices is None else devices
    secure = root / _SECURE_BOOT
    return Facts(
        family=_family(root / "etc/os-release"),
        kernel=kernel,
        built=any(modules.rglob("v4l2loopback.ko*")),
        headers=(modules / "build").exists(),
        loaded=module.exists(),
        exclusive=_read(module / "parameters/exclusive_caps").startswith("Y"),
        free=any(found.free for found in devices),
        closed=any(found.forbidden for found in devices),
        configured=f"/{others[0].relative_to(root)}" if others and not ours else "",
        persistent=ours and any(re.search(r"^\s*v4l2loopback\s*$", text, re.M) for text in loads),
        secure_boot=secure.exists() and secure.read_bytes()[-1:] == b"\1",
        key=next((f"/{key}" for key in _KEYS if (root / key).exists()), ""),
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
    )


def plan(facts: Facts) -> Iterator[Step]:
    """What is missing, in the order in which to do it; nothing when all is there."""
    sudo = "" if facts.root else "sudo "
    if not facts.built:
        yield _install(facts, sudo)
        if facts.secure_boot:
            yield Step(
                "Secure Boot loads only signed modules. The installation asks for a password, or makes a key: "
                f"{sudo}mokutil --import {facts.key or '/var/lib/dkms/mok.pub'}. Start the machine again, choose "
                "'Enroll MOK' in the blue screen, give that password, and run greenscreen setup once more"
            )
    if facts.configured:
        yield Step(
            f"{facts.configured} sets other options for the module, maybe for another program's camera: "
            f"see that it says exclusive_caps=1 and has a device for each, such as: {OPTIONS},1 devices=2"
        )
    elif not facts.persistent:
        yield Step("make browsers list the camera, under its name", f"echo '{OPTIONS}' | {sudo}tee {CONFIGURE}")
        yield Step("load the module at every boot", f"echo v4l2loopback | {sudo}tee {LOAD}")
    if facts.loaded and (not facts.exclusive or not (facts.free or facts.closed or facts.persistent)):
        yield Step(
            "reload the module with these options; close programs that use its cameras first",
            f"{sudo}modprobe -r v4l2loopback && {sudo}modprobe v4l2loopback",
        )
    elif not facts.loaded:
        yield Step("load the module", f"{sudo}modprobe v4l2loopback")
        if facts.built and facts.secure_boot:
            yield Step(
                "If that says 'Key was rejected by service', Secure Boot does not know the key the module is signed "
                f"with: {sudo}mokutil --import {facts.key or '/var/lib/dkms/mok.pub'}, then start again and choose "
                "'Enroll MOK'"
            )
    if facts.closed and not facts.free:
        yield Step("join the group that may use video devices, then log in again", f"{sudo}usermod -aG video $USER")


def service_unit(command: str) -> str:
    """The systemd user unit with the path of the command that is to run."""
    unit = (resources.files("greenscreen") / "assets" / "greenscreen.service").read_text()
    line = f"ExecStart={command.replace('%', '%%')} run --background-service"  # To systemd a `%h` is the home folder.
    return re.sub(r"^ExecStart=.*$", lambda _: line, unit, flags=re.M)


def _install(facts: Facts, sudo: str) -> Step:
    """How each family of distributions brings the module, and headers of the very kernel that runs to build it with."""
    if facts.family & {"debian", "ubuntu"}:
        return _installing(facts, f"{sudo}apt install v4l2loopback-dkms", f" linux-headers-{facts.kernel}")
    if facts.family & {"arch"}:
        flavour = next((name for name in ("lts", "zen", "hardened") if facts.kernel.endswith(name)), "")
        headers = f" linux-{flavour}-headers" if flavour else " linux-headers"
        return _installing(facts, f"{sudo}pacman -S --needed v4l2loopback-dkms", headers)
    if facts.family & {"fedora", "rhel"}:
        step = _installing(facts, f"{sudo}dnf install akmod-v4l2loopback", f" kernel-devel-{facts.kernel}")
        return Step(f"{step.why}; it is in RPM Fusion's free repository (https://rpmfusion.org)", step.line)
    if facts.family & {"suse", "opensuse"}:
        return Step("install the module", f"{sudo}zypper install v4l2loopback-kmp-default")
    return Step("install v4l2loopback as your distribution has it: https://github.com/v4l2loopback/v4l2loopback")


def _installing(facts: Facts, line: str, headers: str) -> Step:
    if facts.headers:
        return Step("install the module", line)
    return Step(f"install the module, and the headers of the kernel {facts.kernel} to build it", line + headers)


def _family(os_release: Path) -> frozenset[str]:
    words = re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)"?$', _read(os_release), re.M)
    return frozenset(" ".join(words).split())


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
