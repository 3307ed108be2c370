"""A 64-bit Arm Debian in a folder, run by qemu: without root, binfmt_misc or chroot.

Packages are unpacked, not installed; every program is started through qemu by its name. Needs an x86-64 Debian or
Ubuntu with apt-get and dpkg-deb, and Debian's archive keyring.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("python3", "python3-venv", "libstdc++6", "libgcc-s1", "ca-certificates")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What /proc/cpuinfo says of qemu's processors: XNNPACK and OpenCV choose their code by it. Of another processor
# ("max") they ask the kernel's flags, which qemu sets.
_BASE = "fp asimd evtstrm crc32 cpuid"
CPUINFO = {
    "cortex-a53": ("0xd03", _BASE),
    "cortex-a72": ("0xd08", _BASE),
    "cortex-a76": ("0xd0b", f"{_BASE} aes pmull sha1 sha2 atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"),
}
_CORES = 4


class ArmError(Exception):
    """The set-up failed; says what was expected, what was found and what to do."""


def run(command: Sequence[str | Path], doing: str, **options) -> str:
    """Standard output of a command.

    Raises:
        ArmError: It cannot be started or fails; with the last line that it wrote.
    """
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    except OSError as error:
        raise ArmError(f"{doing}: {error}") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise ArmError(f"{doing}: exit {done.returncode}: {last}")
    return done.stdout


def cpuinfo(cpu: str) -> str | None:
    """The text of /proc/cpuinfo of one of qemu's processors; None where the machine's own must not be replaced."""
    if cpu not in CPUINFO:
        return None
    part, features = CPUINFO[cpu]
    core = (
        f"Features\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
        f"CPU part\t: {part}\nCPU revision\t: 3\n\n"
    )
    return "".join(f"processor\t: {number}\n{core}" for number in range(_CORES))


class Userland:
    """The unpacked system, and qemu to run its programs.

    Args:
        cache: Folder that keeps it.
        release: Name of a Debian release.
        mirror: Address of a Debian mirror; None for the one that apt uses here.

    Raises:
        ArmError: It cannot be fetched.
    """

    def __init__(self, cache: Path, release: str, mirror: str | None = None):
        self.root = cache / release / "root"
        self._qemu = _find_qemu(cache / "qemu")
        if not self.root.is_dir():
            _unpack_debian(self.root, release, mirror or _mirror())

    def command(self, cpu: str, program: Path, *arguments: str | Path) -> list[str]:
        """The command that runs an Arm program on one of qemu's processors."""
        text, path = cpuinfo(cpu), self.root / "proc" / "cpuinfo"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text, encoding="utf-8")
        # Signed addresses computed as the architecture says take the emulator longer than all else.
        flags = f"{cpu},pauth-impdef=on" if cpu == "max" else cpu
        return [str(word) for word in (self._qemu, "-cpu", flags, "-L", self.root, program, *arguments)]

    @property
    def pip(self) -> Path:
        """Debian's wheel of pip, which runs without being installed."""
        return next((self.root / "usr/share/python-wheels").glob("pip-*.whl"))


def _find_qemu(folder: Path) -> Path:
    """qemu-aarch64-static of this machine, or a fetched one."""
    if installed := shutil.which("qemu-aarch64-static"):
        return Path(installed)
    program = folder / "usr/bin/qemu-aarch64-static"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["apt-get", "-q", "download", "qemu-user-static"], "fetching qemu-user-static", cwd=folder)
        for package in folder.glob("*.deb"):
            run(["dpkg-deb", "-x", package, folder], "unpacking qemu-user-static")
            package.unlink()
        for other in (folder / "usr/bin").iterdir():
            if other != program:
                other.unlink()
    return program


def _mirror() -> str:
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], "asking apt")
    for address in listed.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise ArmError("expected a Debian mirror in apt's sources, found none; name one with --mirror")


def _unpack_debian(root: Path, release: str, mirror: str) -> None:
    """Fetches PACKAGES and what they need for arm64, and unpacks them; the folder appears when it is whole."""
    if not KEYRING.exists():
        raise ArmError(f"expected {KEYRING}, found none; install debian-archive-keyring")
    apt, part = root.with_name("apt"), root.with_name("root.part")
    for folder in (apt, part):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (apt / "lists/partial", apt / "cache/archives/partial", part / "proc"):
        folder.mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [arch=arm64 signed-by={KEYRING}] {mirror} {release} main\n")
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Install-Recommends": "false",
        "Debug::NoLocking": "1",
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": apt,
        "Dir::State::status": apt / "status",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": run(["id", "-un"], "asking for the user").strip(),
    }
    get = ["apt-get", "-q", *[word for key, value in settings.items() for word in ("-o", f"{key}={value}")]]
    run([*get, "update"], "fetching Debian's lists")
    run([*get, "-y", "--download-only", "install", *PACKAGES], "fetching Debian's packages")
    for package in sorted((apt / "cache/archives").glob("*.deb")):
        run(["dpkg-deb", "-x", package, part], f"unpacking {package.name}")
    for name in ("bin", "lib", "sbin"):  # since Debian 13 they are below usr/ alone
        if not (part / name).exists():
            os.symlink(f"usr/{name}", part / name)
    shutil.rmtree(apt)
    part.rename(root)
