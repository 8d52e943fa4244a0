"""What may stand in a plan, for editors and for people: a JSON schema, an example, and rows for a manual page.

All three are made from the tables themselves, so that they say what is checked.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from vxlan_tui.plan.model import LEAST, Plan


@dataclass(frozen=True)
class Key:
    """A key of a table.

    `takes` says in words what its values are, `default` is the TOML that holds without it (empty where the meaning
    says it, or nothing does), and `examples` are values as TOML.
    """

    name: str
    takes: str
    needed: bool
    default: str
    meaning: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class TableText:
    """A table of the plan: its path (`hosts.ethernet`), its header (`[hosts.ethernet]`), its meaning and its keys."""

    path: str
    header: str
    meaning: str
    keys: tuple[Key, ...]


class _Generator(GenerateJsonSchema):
    """A schema without what TOML has not: null, and defaults that are nothing."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default") in (None, "", []):
            made.pop("default", None)
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a plan file."""
    made = Plan.model_json_schema(by_alias=True, schema_generator=_Generator)
    for name, least in LEAST.items():
        made["properties"][name]["minItems"] = least
    return {"$schema": GenerateJsonSchema.schema_dialect, **made, "title": "A plan of vxlan-tui"}


def tables() -> tuple[TableText, ...]:
    """Return every table with its keys, in the order of a plan file."""
    whole = schema()
    return tuple(_tables(whole["properties"], whole["$defs"]))


def _tables(properties: Mapping[str, Any], models: Mapping[str, Any], above: str = "") -> Iterator[TableText]:
    for name, found in properties.items():
        model = _model(found, models)
        if model is not None:
            path = f"{above}{name}"
            header = f"[[{path}]]" if found.get("type") == "array" else f"[{path}]"
            yield TableText(path, header, model["description"], tuple(_keys(model, models)))
            yield from _tables(model["properties"], models, f"{path}.")


def _model(found: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the table that a key holds, or holds many of; None where it holds a value."""
    inside = found.get("items", found)
    return models[inside["$ref"].rpartition("/")[2]] if "$ref" in inside else None


def _keys(model: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Key]:
    for name, found in model["properties"].items():
        if _model(found, models) is None:
            default = _toml(found["default"]) if "default" in found else ""
            examples = tuple(_toml(value) for value in found["examples"])
            yield Key(name, _takes(found), name in model["required"], default, found["description"], examples)


_WHOLE = "whole number"


def _takes(found: Mapping[str, Any]) -> str:
    if "enum" in found or "const" in found:
        return " or ".join(_toml(value) for value in found.get("enum", [found.get("const")]))
    if found["type"] == "array":
        return f"list of: {_takes(found['items'])}"
    if found["type"] == "integer":
        return f"{_WHOLE}, {found['minimum']} to {found['maximum']}"
    return "true or false" if found["type"] == "boolean" else str(found.get("title", "text"))


def _toml(value: Any) -> str:
    """Return a value as TOML: of texts of printable characters, numbers, truth values and lists, the same as JSON."""
    return json.dumps(value, ensure_ascii=False)


# --- The example --------------------------------------------------------------------------------------------------

_INTRODUCTION = """\
# An example of a plan: one file for all hosts, the same on each. `vxlan-tui plan FILE` checks one.
# A line that begins with # and a key, without a space between, is one that may be left out.
"""

_WRITTEN = {
    *("hosts.ssh", "hosts.ethernet.address", "hosts.ethernet.gateway", "hosts.ethernet.dns"),
    *("segments.admit", "vms.address"),
}
"""Keys that the example's first tables have beyond the needed ones."""

_WRITTEN_AGAIN = {"hosts.vtep", "hosts.ssh", "vms.address"}
"""Keys that its second host and second VM have beyond the needed ones."""


def example() -> str:
    """Return a plan with every key of every table, each with its meaning, for two hosts with a VM each."""
    found = {table.path: table for table in tables()}
    again = {"hosts.ethernet": "hosts", "vms": "vms"}
    parts = [_INTRODUCTION]
    for path, table in found.items():
        parts.append("\n".join(_explained(table)))
        if path in again:
            parts.append("\n".join(_second(found[again[path]])))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _explained(table: TableText) -> Iterator[str]:
    left_out = "" if table.path in LEAST or "." in table.path else "#"
    yield from _comment(table.meaning)
    yield left_out + table.header
    for key in table.keys:
        default = f" Default: {key.default}." if key.default else ""
        bounds = f" A {key.takes}." if key.takes.startswith(_WHOLE) else ""
        yield from ("", *_comment(f"{key.meaning}{default}{bounds}"))
        written = key.needed or f"{table.path}.{key.name}" in _WRITTEN
        yield f"{left_out if written else '#'}{key.name} = {key.examples[0]}"


def _second(table: TableText) -> Iterator[str]:
    yield table.header
    for key in table.keys:
        if key.needed or f"{table.path}.{key.name}" in _WRITTEN_AGAIN:
            yield f"{key.name} = {key.examples[-1]}"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
