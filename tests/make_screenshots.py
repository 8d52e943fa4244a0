"""Pictures of every screen, from a real rehearsal: `make screenshots` writes them to screenshots/."""

import asyncio
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from textual.pilot import Pilot

from tests.ui_stage import text_of
from vxlan_tui.plan import parse
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.ui.app import Wizard, wizard
from vxlan_tui.ui.terminal_style import TerminalStyle

DIRECTORY = Path(__file__).parent.parent / "screenshots"
SIZE = (120, 40)


def three_hosts() -> str:
    """Give the sample plan with a third host, and with interfaces that are used as they are."""
    text = re.sub(r"\[hosts\.ethernet\]\n(.+\n)+", "", SAMPLE.read_text())
    for name, address in (("host-a", "198.51.100.2"), ("host-b", "203.0.113.1")):
        text = text.replace(f'name = "{name}"', f'name = "{name}"\nvtep = "{address}"')
    third = '[[hosts]]\nname = "host-c"\ninterface = "enp1s0"\nvtep = "192.0.2.129"\nssh = "root@host-c"\n\n'
    return text.replace("[[segments]]", f"{third}[[segments]]", 1) + '\n[encryption]\nmethod = "none"\n'


def main() -> None:
    """Bring a rehearsal of three hosts up, take the pictures on its first, and write them."""
    text = three_hosts()
    with Rehearsal(parse(text.encode(), Path("/root/plan.toml")), progress=_tell) as rehearsal:
        host = rehearsal["host-a"]
        host.run(["tee", "/root/plan.toml"], input=text)
        environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(Path.cwd())}
        argv = [sys.executable, "-m", "tests.make_screenshots", "inside"]
        child = host.popen(argv, cwd=str(Path.cwd()), env=environment, stdout=subprocess.PIPE, text=True)
        said, _ = child.communicate(timeout=400)
    for old in DIRECTORY.glob("*.svg"):
        old.unlink()
    DIRECTORY.mkdir(exist_ok=True)
    for name, picture in json.loads(said).items():
        (DIRECTORY / f"{name}.svg").write_text(picture)
        _tell(f"screenshots/{name}.svg")


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


class Camera:
    """Takes pictures of the wizard."""

    def __init__(self, app: Wizard, pilot: "Pilot[int]") -> None:
        self.app = app
        self.pilot = pilot
        self.pictures: dict[str, str] = {}

    async def take(self, name: str) -> None:
        """Take a picture of what is on screen, without a link to a font on the network."""
        await self.pilot.pause(0.5)
        picture = self.app.export_screenshot(title="vxlan-tui")
        picture = picture.replace("<svg ", '<svg xml:space="preserve" ', 1)
        self.pictures[name] = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)

    async def section(self, number: str, name: str, picture: str) -> None:
        """Open a section of steps, and take a picture."""
        await self.pilot.press(number)
        await self._until(lambda: all(name in work.steps for work in self.app.model.works))
        await self.take(picture)

    async def _until(self, true: object, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while callable(true) and not true() and time.monotonic() < deadline:
            await self.pilot.pause(0.1)

    async def run_everything(self) -> None:
        """Run all that is left on every host, and take pictures of the question and on the way."""
        await self.pilot.press("A")
        await self.take("run-everything")
        await self.pilot.press("enter")
        await self._until(lambda: self.app.model.all_done, 200)
        await self._until(lambda: self.app.model.current == "verify" and not self.app.model.checking, 100)

    async def verified(self) -> None:
        """Run the checks until nothing has to be waited for, as one is told to."""
        for _ in range(20):
            await self._until(lambda: not self.app.model.checking and not self.app.model.waits, 60)
            if self.app.model.state("verify").startswith("OK") and "?: not known" not in text_of(self.app):
                return
            await self.pilot.pause(3)
            await self.pilot.press("a")
            await self.pilot.pause(0.5)


async def _walk() -> dict[str, str]:
    app = wizard(Path("/root/plan.toml"), None, TerminalStyle())
    async with app.run_test(size=SIZE) as pilot:
        camera = Camera(app, pilot)
        await camera._until(lambda: app.model.works and not app.model.looking)
        await pilot.press("1")
        await camera.take("1-hosts")
        await pilot.press("2")
        await camera.take("2-plan")
        await camera.section("4", "bridge", "4-bridge")
        await camera.run_everything()
        await camera.section("4", "bridge", "4-bridge-done")
        await pilot.press("7")
        await camera.verified()
        await camera.take("7-verify")
        await pilot.press("8")
        await camera.take("8-finish")
        for key, name in (("f3", "fdb"), ("f9", "log"), ("f1", "help"), ("ctrl+p", "palette")):
            await pilot.press(*((key, key) if key == "f3" else (key,)))
            await camera.take(name)
            await pilot.press("escape")
        return camera.pictures


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        sys.stdout.write(json.dumps(asyncio.run(_walk())))
    else:
        main()
