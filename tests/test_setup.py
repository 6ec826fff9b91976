"""What `greenscreen setup` prints is what a system lacks, no more and no less, and the shell understands it."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greenscreen.cli import app
from greenscreen.linux.v4l2 import Device
from greenscreen.setup import Facts, Step, gather, plan, service_unit

BARE = Facts(
    family=frozenset({"debian"}), kernel="6.1.0-56-amd64", built=False, headers=True, loaded=False, exclusive=False,
    free=False, closed=False, configured="", persistent=False, secure_boot=False, key="", root=False,
)  # fmt: skip
READY = replace(BARE, built=True, loaded=True, exclusive=True, free=True, persistent=True)
LOOPBACK = Device("/dev/video10", "greenscreen", "v4l2 loopback", capture=False, output=True)


def lines(facts: Facts) -> list[str]:
    return [step.line for step in plan(facts) if step.line]


def words(facts: Facts) -> str:
    return "\n".join(step.why for step in plan(facts))


def test_where_all_is_there_nothing_is_to_do() -> None:
    assert list(plan(READY)) == []


def test_a_bare_debian_needs_four_commands() -> None:
    assert lines(BARE) == [
        "sudo apt install v4l2loopback-dkms",
        "echo 'options v4l2loopback exclusive_caps=1 card_label=greenscreen' | "
        "sudo tee /etc/modprobe.d/greenscreen.conf",
        "echo v4l2loopback | sudo tee /etc/modules-load.d/greenscreen.conf",
        "sudo modprobe v4l2loopback",
    ]


@pytest.mark.parametrize("persistent", [True, False])
def test_a_camera_that_may_not_be_used_is_not_called_ready_and_not_made_again(persistent: bool) -> None:
    line = lines(replace(READY, free=False, closed=True, persistent=persistent))[-1]
    assert line == "sudo usermod -aG video $USER"
    assert not any("modprobe -r" in line for line in lines(replace(READY, free=False, closed=True, persistent=False)))


def test_root_needs_no_sudo() -> None:
    assert not any("sudo" in line for line in lines(replace(BARE, root=True)))


@pytest.mark.parametrize(
    ("family", "kernel", "line"),
    [
        (
            {"linuxmint", "ubuntu", "debian"},
            "6.8.0-41-generic",
            "apt install v4l2loopback-dkms linux-headers-6.8.0-41-",
        ),
        ({"arch"}, "6.12.1-arch1-1", "pacman -S --needed v4l2loopback-dkms linux-headers"),
        ({"arch"}, "6.6.63-1-lts", "pacman -S --needed v4l2loopback-dkms linux-lts-headers"),
        ({"fedora"}, "6.11.4-301.fc41.x86_64", "dnf install akmod-v4l2loopback kernel-devel-6.11.4-301.fc41.x86_64"),
        ({"opensuse-tumbleweed", "opensuse", "suse"}, "6.11.8-1-default", "zypper install v4l2loopback-kmp-default"),
    ],
)
def test_each_distribution_installs_it_in_its_way_with_the_headers_of_this_kernel(
    family: set[str], kernel: str, line: str
) -> None:
    assert line in lines(replace(BARE, family=frozenset(family), kernel=kernel, headers=False))[0]


def test_an_unknown_distribution_is_told_where_to_look() -> None:
    first = next(plan(replace(BARE, family=frozenset())))
    assert first.line == ""
    assert "github.com/v4l2loopback" in first.why


def test_secure_boot_is_told_of_before_and_after_the_module_is_built() -> None:
    assert "Enroll MOK" in words(replace(BARE, secure_boot=True))
    built = replace(BARE, built=True, secure_boot=True, key="/var/lib/shim-signed/mok/MOK.der")
    assert "mokutil --import /var/lib/shim-signed/mok/MOK.der" in words(built)
    assert "MOK" not in words(BARE)
    assert "MOK" not in words(replace(READY, secure_boot=True))


def test_what_browsers_would_not_list_is_loaded_anew() -> None:
    assert lines(replace(READY, exclusive=False)) == ["sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback"]


def test_another_programs_options_are_left_to_the_person() -> None:
    steps = list(plan(replace(BARE, built=True, configured="/etc/modprobe.d/obs.conf")))
    assert "/etc/modprobe.d/obs.conf sets other options" in steps[0].why
    assert not any("tee" in step.line for step in steps)


def test_a_module_loaded_by_hand_is_made_to_stay() -> None:
    assert [line.split()[-1] for line in lines(replace(READY, persistent=False))] == [
        "/etc/modprobe.d/greenscreen.conf", "/etc/modules-load.d/greenscreen.conf",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize("facts", [BARE, replace(READY, exclusive=False), replace(BARE, family=frozenset({"fedora"}))])
def test_the_shell_understands_every_line(facts: Facts) -> None:
    for line in lines(facts):
        subprocess.run(["sh", "-n", "-c", line], check=True)


def system(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".").replace("_dash_", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_systems_files_are_read(tmp_path: Path) -> None:
    root = system(
        tmp_path,
        etc__os_dash_release='NAME="Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
        etc__modprobe_dot_d__greenscreen_dot_conf="options v4l2loopback exclusive_caps=1 card_label=greenscreen\n",
        etc__modules_dash_load_dot_d__greenscreen_dot_conf="v4l2loopback\n",
        lib__modules__6__build__Makefile="",
        lib__modules__6__updates__dkms__v4l2loopback_dot_ko_dot_zst="",
        sys__module__v4l2loopback__parameters__exclusive_caps="Y,N,N\n",
        var__lib__dkms__mok_dot_pub="",
    )
    secure = root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    secure.parent.mkdir(parents=True)
    secure.write_bytes(b"\6\0\0\0\1")
    facts = gather(root, "6", [LOOPBACK])
    assert facts == replace(
        READY, family=frozenset({"linuxmint", "ubuntu", "debian"}), kernel="6", secure_boot=True,
        key="/var/lib/dkms/mok.pub", root=facts.root,
    )  # fmt: skip
    assert list(plan(facts)) == []


def test_an_empty_system_lacks_everything(tmp_path: Path) -> None:
    facts = gather(tmp_path, "6", [])
    assert not any([facts.built, facts.headers, facts.loaded, facts.persistent, facts.secure_boot, facts.configured])


def test_options_of_another_program_are_found(tmp_path: Path) -> None:
    root = system(tmp_path, etc__modprobe_dot_d__obs_dot_conf="# OBS\noptions v4l2loopback devices=1 card_label=OBS\n")
    assert gather(root, "6", []).configured == "/etc/modprobe.d/obs.conf"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prints what Linux needs")
def test_the_command_prints_and_runs_only_when_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = tmp_path / "done"
    monkeypatch.setattr("greenscreen.setup.plan", lambda _: [Step("do this", f"touch {done}"), Step("look at that")])
    runner = CliRunner()
    printed = runner.invoke(app, ["setup"])
    assert printed.output.splitlines() == ["# do this", f"touch {done}", "# look at that"]
    runner.invoke(app, ["setup", "--apply"], input="n\n")
    assert not done.exists()
    assert runner.invoke(app, ["setup", "--apply"], input="y\n").exit_code == 0
    assert done.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prints what Linux needs")
def test_a_command_that_fails_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    after = tmp_path / "after"
    monkeypatch.setattr("greenscreen.setup.plan", lambda _: [Step("fails", "exit 3"), Step("then", f"touch {after}")])
    result = CliRunner().invoke(app, ["setup", "--apply"], input="y\n")
    assert "this failed: exit 3" in str(result.exception)
    assert not after.exists()


def test_the_service_runs_what_is_installed() -> None:
    unit = service_unit('"/opt/my tools/greenscreen"')
    assert 'ExecStart="/opt/my tools/greenscreen" run --background-service\n' in unit
    assert unit.count("ExecStart=") == 1


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    def verify(text: str) -> subprocess.CompletedProcess[str]:
        unit = tmp_path / "greenscreen.service"
        unit.write_text(text)
        command = ["systemd-analyze", "--user", "verify", str(unit)]
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    # It says so where there is no such program, so there is one, in a folder of which it could make something else.
    program = tmp_path / "100%h of my tools" / "python"
    program.parent.mkdir()
    program.symlink_to(sys.executable)
    unit = service_unit(f'"{program}" -m greenscreen')
    good, bad = verify(unit), verify(unit.replace("Restart=", "Restrat="))
    assert (good.returncode, good.stderr) == (0, "")
    assert "Restrat" in bad.stderr
