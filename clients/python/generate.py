"""Writes src/deertrack/requests.py from the JSON Schemas in schemas/generated. `--check` only says whether it is fresh.

The schemas sort their fields by name. Here they stand as in the commands, so that a command made from them is the same
to the byte as one of the Rust library: for what a golden command names its order counts, and ORDER for the rest. Names
that are there for the platform's sake alone (`x-platform-name`) are left out: a request with them can be sent as a plain
mapping.
"""
from __future__ import annotations

import json
import keyword
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = Path(__file__).resolve().parent / "src/deertrack/requests.py"
KINDS = {"pdf": "Pdf", "zip": "Zip", "table": "Table", "camtrap-dp": "CamtrapDp", "reid": "Reid"}
ORDER = {
    "zip": "detection_ids start_date end_date classifications place_ids deer_ids crop_size",
    "table": "format topic start_date end_date classifications place_ids deer_ids visit_gap_minutes visit_gap_since "
    "exact_coordinates",
    "camtrap-dp": "start_date end_date classifications place_ids title contributor scientific_name sampling_design "
    "exact_coordinates occasion_days",
}
OF_EVERY_REQUEST = ("requested_by", "idempotency_key")
HEAD = '''"""Requests, one class for each kind of export. Made by generate.py from schemas/generated; do not edit."""
from __future__ import annotations

import datetime
from enum import Enum
from typing import Annotated, ClassVar, List, Optional

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """What is sent: unknown fields are refused before anything is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Request(Model):
    """What every request has."""

    KIND: ClassVar[str] = ""
    requested_by: Optional[Annotated[str, Field(max_length=200)]] = Field(
        default=None, description="Who asks: a user or a service, for people to read."
    )
    idempotency_key: Optional[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=None, description="The same key answers the same job."
    )
'''


def docstring(text: str, indent: str = "    ") -> str:
    lines = textwrap.wrap(" ".join(text.split()), 108)
    return f'{indent}"""{(chr(10) + indent).join(lines)}"""\n'


def enum_class(name: str, schema: dict[str, Any]) -> str:
    lines = [f"\n\nclass {name}(str, Enum):\n", docstring(schema["description"]), "\n"]
    for choice in schema["oneOf"]:
        if "x-platform-name" not in choice:
            member = choice["const"].upper()
            lines.append(f"    {member} = {json.dumps(choice['const'])}\n")
            lines.append(docstring(choice["description"]))
    return "".join(lines)


BOUNDS = {"minLength": "min_length", "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length",
          "minimum": "ge", "maximum": "le"}
SIMPLE = {"string": "str", "boolean": "bool", "integer": "int", "number": "float"}


def reference(schema: dict[str, Any]) -> str | None:
    found = schema.get("$ref") or next((one["$ref"] for one in schema.get("anyOf", []) if "$ref" in one), None)
    return found.rsplit("/", 1)[-1] if found else None


def is_date(schema: dict[str, Any]) -> bool:
    return "date" in (schema.get("format"), *(one.get("format") for one in schema.get("anyOf", [])))


def is_nullable(schema: dict[str, Any]) -> bool:
    return "null" in schema.get("type", []) or {"type": "null"} in schema.get("anyOf", [])


def annotation(schema: dict[str, Any]) -> str:
    """Without its null."""
    name = reference(schema)
    if name:
        return name
    if is_date(schema):
        return "datetime.date"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = next(kind for kind in kinds if kind != "null")
    inner = f"List[{annotation(schema['items'])}]" if kind == "array" else SIMPLE[kind]
    bounds = [f"{BOUNDS[bound]}={schema[bound]}" for bound in BOUNDS if bound in schema]
    return f"Annotated[{inner}, Field({', '.join(bounds)})]" if bounds else inner


def default_of(schema: dict[str, Any]) -> str:
    value, name = schema["default"], reference(schema)
    if name:
        return f"default={name}.{value.upper()}"
    if isinstance(value, list):
        items = reference(schema["items"])
        listed = ", ".join(f"{items}.{one.upper()}" if items else repr(one) for one in value)
        return f"default_factory=lambda: [{listed}]"
    return f"default={value!r}"


def field(name: str, schema: dict[str, Any], required: bool) -> str:
    kind = annotation(schema)
    if is_nullable(schema):
        kind = f"Optional[{kind}]"
    description = " ".join(schema.get("description", "").split())
    given = f"description={json.dumps(description, ensure_ascii=False)}"
    if not required:
        given = f"{default_of(schema) if 'default' in schema else 'default=None'}, {given}"
    assert not keyword.iskeyword(name), name
    return f"    {name}: {kind} = Field(\n        {given}\n    )\n"


def model(name: str, base: str, schema: dict[str, Any], order: list[str], extra: str = "") -> str:
    required = schema.get("required", [])
    properties = {key: value for key, value in schema["properties"].items() if "x-platform-name" not in value}
    names = sorted(properties, key=lambda key: (order.index(key), key))
    fields = "".join(field(key, properties[key], key in required) for key in names)
    return f"\n\nclass {name}({base}):\n{docstring(schema['description'])}\n{extra}{fields}"


def requests() -> str:
    classes: dict[str, str] = {}
    for kind, name in KINDS.items():
        schema = json.loads((ROOT / f"schemas/generated/{kind}_request.schema.json").read_text())
        golden = json.loads((ROOT / f"schemas/golden/{kind}.json").read_text())
        for other, definition in schema["$defs"].items():
            if "oneOf" in definition:
                classes.setdefault(other, enum_class(other, definition))
            elif not other.endswith("Params"):
                order = ["start_date", "end_date", "label"]
                classes.setdefault(other, model(other, "Model", definition, order))
        # `report_type` is written out there for the sake of one name of the platform; its class has the others.
        for key, value in schema["properties"].items():
            own = schema["$defs"].get(f"{name}Params", {}).get("properties", {}).get(key, {})
            if "oneOf" in value and "$ref" in own:
                schema["properties"][key] = own
        schema["properties"] = {k: v for k, v in schema["properties"].items() if k not in OF_EVERY_REQUEST}
        order = ORDER[kind].split() if kind in ORDER else list(golden["params"])
        extra = f'    KIND: ClassVar[str] = "{kind}"\n'
        classes[f"{name}Request"] = model(f"{name}Request", "Request", schema, order, extra)
    names = "\n".join(f"    {json.dumps(name)}: {cls}Request," for name, cls in KINDS.items())
    table = f"\n\nREQUESTS: dict[str, type[Request]] = {{\n{names}\n}}\n"
    return HEAD + "".join(classes.values()) + table


def main() -> int:
    text = requests()
    if "--check" in sys.argv[1:]:
        return 0 if OUTPUT.read_text() == text else 1
    OUTPUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
