"""What is wrong with a plan: where, what was found, what is allowed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticCustomError

from vxlan_tui.toml import TOO_LARGE


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a plan: where, what was found, what is allowed."""

    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        return f"{where}found {self.found}; allowed: {self.allowed}"


class PlanError(Exception):
    """A plan that is refused, with every fault that was found in it."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{printable(str(path))}: {fault}" for fault in self.faults))


def contradiction(key: str, found: str, allowed: str) -> PydanticCustomError:
    """Make a fault of a table that no single field shows; `of_pydantic` reads it back."""
    return PydanticCustomError("fault", "{found}", {"key": key, "found": found, "allowed": allowed})


def of_pydantic(where: str, detail: ErrorDetails, model: type[BaseModel]) -> Fault:
    """Give the fault behind an error of pydantic's in the table at `where`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"] if not _is_branch(part)]
    key = printable(where + "".join(parts))
    context: Mapping[str, Any] = detail.get("ctx", {})
    if detail["type"] == "fault":
        return Fault(f"{key}.{context['key']}", str(context["found"]), context["allowed"])
    if detail["type"] == "missing":
        return Fault(key, "nothing", "a value; the key is required")
    if detail["type"] == "extra_forbidden":
        return Fault(key, "an unknown key", ", ".join(_keys(_model_at(model, detail["loc"]))))
    return Fault(key, shown(detail["input"]), _allowed(detail))


def _is_branch(part: int | str) -> bool:
    return isinstance(part, str) and part.startswith(("function-", "tuple[", "nullable["))


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """Give the model of the table that a key stands in, one level down where it is a table of a table."""
    for key in location[:-1]:
        inner = getattr(model.model_fields.get(str(key)), "annotation", None)
        model = next((m for m in getattr(inner, "__args__", ()) if _is_model(m)), model)
    return model


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _allowed(detail: ErrorDetails) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return str(context["expected"])
        case "allowed":
            return str(context["allowed"])
        case kind:
            return _KINDS.get(kind, detail["msg"])


def kind_of(value: object) -> str:
    """Say of what kind a value is, in the words of TOML."""
    names = {
        dict: "a table",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "a date or time")


def shown(value: object) -> str:
    """A value as an error shows it: one line, bounded, without control characters."""
    if isinstance(value, dict | list):
        return kind_of(value)
    if isinstance(value, int) and abs(value) >= TOO_LARGE:
        return "a very large number"
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text = printable(text)
    return text if len(text) <= 80 else f"{text[:77]}..."


def printable(text: str) -> str:
    """Give `text` with every control character written as an escape: safe on a terminal, on one line."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
