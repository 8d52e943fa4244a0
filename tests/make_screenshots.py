"""Pictures of every screen, from a real rehearsal: `make screenshots` writes them to screenshots/."""

import asyncio
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from textual.pilot import Pilot

from tests.on_host import PLAN, program
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.ui.app import Wizard, wizard
from vxlan_tui.ui.terminal_style import TerminalStyle

DIRECTORY = Path(__file__).parent.parent / "screenshots"
SIZE = (120, 40)


def main() -> None:
    """Bring a rehearsal up, take the pictures on its first host, and write them."""
    plan = load(SAMPLE)
    with Rehearsal(plan, progress=_tell, underlay_up=False, vms_running=True) as rehearsal:
        other, host = rehearsal["host-b"], rehearsal["host-a"]
        program(other, "apply", PLAN, "--yes")
        environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(Path.cwd())}
        argv = [sys.executable, "-m", "tests.make_screenshots", "inside"]
        child = host.popen(argv, cwd=str(Path.cwd()), env=environment, stdout=subprocess.PIPE, text=True)
        said, _ = child.communicate(timeout=400)
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

    async def section(self, number: str, name: str, seconds: float = 60) -> None:
        """Open a section of steps, run it, and take a picture before and after."""
        await self.pilot.press(number)
        await self._until(lambda: name in self.app.model.work.steps)
        await self.take(f"{number}-{name}-before")
        await self.pilot.press("a")
        await self._until(lambda: self.app.model.state(name) == "done", seconds)
        await self.take(f"{number}-{name}")

    async def _until(self, true: object, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while callable(true) and not true() and time.monotonic() < deadline:
            await self.pilot.pause(0.1)

    async def verified(self) -> None:
        """Run the checks until they are green, as one is told to."""
        await self.pilot.press("7")
        for _ in range(40):
            await self._until(lambda: self.app.model.work.findings and not self.app.model.checking)
            if self.app.model.work.verified.startswith("OK") and not any(
                found.wait for found in self.app.model.work.findings
            ):
                return
            await self.pilot.pause(3)
            await self.pilot.press("a")
            await self.pilot.pause(0.2)


async def _walk() -> dict[str, str]:
    app = wizard(Path("/root/plan.toml"), None, TerminalStyle())
    async with app.run_test(size=SIZE) as pilot:
        camera = Camera(app, pilot)
        await camera._until(lambda: app.model.survey is not None)
        await pilot.press("1")
        await camera.take("1-this-host")
        await pilot.press("2")
        await camera.take("2-plan")
        for number, name in (("3", "ethernet"), ("4", "bridge"), ("5", "network"), ("6", "vms")):
            await camera.section(number, name)
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
