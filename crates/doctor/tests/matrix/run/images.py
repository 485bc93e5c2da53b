"""The images of the matrix: Debian by debootstrap, the bases of languages on it, and the cases."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import docker

MATRIX = Path(__file__).resolve().parent.parent
ROOT = MATRIX.parents[3]
BASE = "seaworthy-test/doctor-base-"
LABEL = "seaworthy.matrix"
# As `crates/testkit/src/debian.rs` makes and names it, so that the two share it.
DEBIAN = ROOT / "crates/testkit/src/debian.rs"
UNNEEDED = ["var/lib/apt/lists", "var/cache/apt", "usr/share/doc", "usr/share/man", "usr/share/locale"]
SLIM = "".join(f"path-exclude=/usr/share/{folder}/*\n" for folder in ("doc", "man", "locale"))


def case_image(case, mended=False):
    """The reference of a case's image, built where it is not there as its files are now."""
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / "context"
        lay(case.folder, case.shared, context)
        overlay, shared = case.folder / "mended", (case.mended or {}).get("shared", {})
        mended = mended and (overlay.is_dir() or bool(shared))
        if mended:
            lay(overlay, shared, context)
        return build(f"seaworthy-test/doctor-{case.name}:{'mended' if mended else 'latest'}", context)


def lay(folder, shared, context):
    """Puts the folder's files and those of `shared/` that it names into the context."""
    if folder.is_dir():
        shutil.copytree(folder, context, ignore=shutil.ignore_patterns("case.toml", "mended"), dirs_exist_ok=True)
    for path, source in shared.items():
        target = context / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(MATRIX / "shared" / source, target)


def base_image(name):
    """The reference of a base."""
    return debian_image() if name == "debian" else build(f"{BASE}{name}:latest", MATRIX / "bases" / name)


def build(reference, context):
    """Builds the bases that the Dockerfile names, then the image; nothing where neither has changed."""
    dockerfile = (context / "Dockerfile").read_text()
    bases = sorted(set(re.findall(re.escape(BASE) + r"([a-z-]+)", dockerfile)))
    digest = hashlib.sha256("".join(identity(base_image(base)) for base in bases).encode())
    for path in sorted(context.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(context)} {path.stat().st_mode:o}\n".encode() + path.read_bytes())
    content = digest.hexdigest()
    if docker.call("image", "inspect", "-f", f'{{{{index .Config.Labels "{LABEL}"}}}}', reference, check=False).strip() != content:
        docker.call("build", "--network", "host", "--rm", "--force-rm", "--label", f"{LABEL}={content}", "-t", reference, str(context), timeout=1800)
    return reference


def identity(reference):
    return docker.call("image", "inspect", "-f", "{{.Id}}", reference, check=False).strip()


def debian_image():
    """The stand-in for `debian`, made where it is not there."""
    reference = f"seaworthy-test/debian:{hashlib.sha256(DEBIAN.read_bytes()).hexdigest()[:12]}"
    if not identity(reference):
        with tempfile.TemporaryDirectory() as folder:
            debootstrap(Path(folder), reference)
    docker.call("tag", reference, f"{BASE}debian:latest")
    return f"{BASE}debian:latest"


def debootstrap(folder, reference):
    root, archive = folder / "root", folder / "root.tar"
    run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", root)
    for unneeded in UNNEEDED:
        shutil.rmtree(root / unneeded, ignore_errors=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
    run("tar", "-C", root, "-cf", archive, ".")
    docker.call("import", str(archive), reference)


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
