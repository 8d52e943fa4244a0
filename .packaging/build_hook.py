"""What a wheel holds beside the package: manual pages and completion, made from the program as it is built."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualAndCompletion(BuildHookInterface[Any]):
    """Make the files, hand them to the builder, and remove them. An editable installation goes without."""

    _made: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files, in a directory of their own."""
        if version != "standard":
            return
        self._made = Path(tempfile.mkdtemp())
        for path, text in _files(Path(self.root), self.metadata.version):
            file = self._made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(file)] = path

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove them."""
        if self._made is not None:
            shutil.rmtree(self._made)


def _files(root: Path, version: str) -> Iterator[tuple[str, str]]:
    """Give each file's path below /usr, and its text."""
    sys.path[:0] = [str(root), str(root / ".packaging")]
    import completion  # noqa: PLC0415 (found by the path above)
    import manual  # noqa: PLC0415

    from vxlan_tui.cli import command_line  # noqa: PLC0415
    from vxlan_tui.plan import reference  # noqa: PLC0415

    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    yield "share/man/man1/vxlan-tui.1", manual.command_page(command_line(), version, epoch)
    sample = (root / "vxlan_tui/rehearsal/sample.toml").read_text(encoding="utf-8").partition("\n\n")[2]
    yield "share/man/man5/vxlan-tui-plan.5", manual.plan_page(reference.tables(), sample, version, epoch)
    for shell, path in completion.SHELLS.items():
        yield path, completion.completion(command_line(), shell)
