"""What each terminal is shown."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.render import Block, command_blocks, wrapped
from vxlan_tui.ui.terminal_style import TerminalStyle, chosen

__all__ = ["stage"]

P = Pilot[int]
PLAIN = TerminalStyle(ascii=True, plain=True, few_colours=True)


@pytest.mark.parametrize(
    ("environment", "plain", "few"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}, False, False),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, True, True),
        ({"TERM": "xterm-256color", "LANG": "C"}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
        ({"TERM": "tmux-256color", "LC_ALL": "C.UTF-8"}, False, False),
    ],
)
def test_the_terminal_decides_what_is_drawn(environment: dict[str, str], plain: bool, few: bool) -> None:
    assert (chosen(environment).plain, chosen(environment).few_colours) == (plain, few)
    assert chosen(environment, force_ascii=True).plain


@pytest.mark.parametrize("keys", ["1", "2", "4", "7", "8", "escape", "f1", "f3", "f9", "ctrl+p", "ctrl+o"])
def test_a_plain_screen_is_ascii_alone(stage: Stage, tmp_path: Path, keys: str) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press(keys)
        await pilot.pause(0.3)
        assert text_of(app).isascii(), [line for line in text_of(app).splitlines() if not line.isascii()]

    play(stage, sample(tmp_path), script, style=PLAIN)


def test_a_terminal_that_is_too_small_is_told_of_when_it_becomes_so(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "This terminal has 80x20")
        app.tell("elsewhere")
        await pilot.resize_terminal(80, 24)
        await sees(pilot, "elsewhere")
        await pilot.resize_terminal(70, 24)
        await sees(pilot, "This terminal has 70x24")

    play(stage, sample(tmp_path), script, size=(80, 20))


@pytest.mark.parametrize("keys", ["4", "2", "f1", "f3", "ctrl+p"])
def test_no_color_sends_none_and_the_state_is_told_in_words(stage: Stage, tmp_path: Path, keys: str) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, "next       The first")
        await pilot.press("enter")
        await sees(pilot, "done       The first")
        await pilot.press(keys)
        await pilot.pause(0.3)
        styles = [part.style for strip in app.screen._compositor.render_strips() for part in strip if part.style]
        assert styles
        assert [style for style in styles if style.color or style.bgcolor] == []

    play(stage, sample(tmp_path), script, size=(120, 40), style=chosen({"TERM": "xterm-256color", "NO_COLOR": "1"}))


@pytest.mark.parametrize("width", range(1, 40))
def test_a_text_is_broken_to_any_width(width: int) -> None:
    """In a window too narrow for the indent of its second line, the wizard hung."""
    told = Block((("interfaces     ", "title"), ("enp1s0: 198.51.100.2/24; default route", "")), 4, 15)
    command = Block((("# nmcli connection add type bridge con-name bridge0", "command"),), 4, 20, command=True)
    for each in (told, command):
        text = "".join(text for line in wrapped([each], width) for text, _ in line)
        assert text.replace(" ", "").replace("\\", "") == each.text.replace(" ", "")


@pytest.mark.parametrize("width", [34, 55])
def test_a_word_of_a_command_that_is_longer_than_a_line_is_in_sight_to_its_end(width: int) -> None:
    rule = 'rule family="ipv4" source address="203.0.113.1" port port="8472" protocol="udp" accept'
    text = f"# firewall-cmd --zone=public '--add-rich-rule={rule}' --permanent"
    lines = ["".join(part for part, _ in line) for line in wrapped(command_blocks(text), width)]
    assert max(map(len, lines)) <= width
    assert " ".join(line.strip().removesuffix(" \\") for line in lines) == text
    assert next(line for line in lines if line.endswith("\\")).startswith("# firewall-cmd")
    inside = lines[next(n for n, line in enumerate(lines) if "--add-rich-rule" in line)]
    assert not inside.endswith("\\"), "within quotes a backslash would be a part of the word"
