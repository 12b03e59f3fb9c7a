"""Calls host functions as a test asks for them, and gives their answers as JSON.

Asked is {"calls": [{"call": "workspace.read", "arguments": {...}, "times": 3}]}: each call is made until its first refusal, at
most `times` times (once where nothing is said), and its last answer counts: {"ok": VALUE} or {"err": REFUSAL}. Values stand as
the contract names them; bytes stand as hex digits, and in answers above 1,024 of them as their number. Where a function takes one
record, its fields are the arguments.
"""

import dataclasses
import enum
import json
import re
import typing

from componentize_py_types import Err

SHOWN_BYTES_MAX = 1024


def answers(asked: str, interfaces: dict) -> str:
    """The answers to all calls, as JSON text. `interfaces` are the imported modules by their names in the contract."""
    return json.dumps({"answers": [answer(call, interfaces) for call in json.loads(asked)["calls"]]}, separators=(",", ":"))


def answer(call: dict, interfaces: dict) -> dict:
    interface, name = call["call"].split(".")
    function = getattr(interfaces[interface], name)
    hints = typing.get_type_hints(function)
    hints.pop("return", None)
    given = call.get("arguments", {})
    records = [hint for hint in hints.values() if dataclasses.is_dataclass(hint)]
    if records:
        arguments = [from_json(given, record) for record in records]
    else:
        arguments = [from_json(given.get(contract_name(name)), hint) for name, hint in hints.items()]
    last = None
    for _ in range(call.get("times", 1)):
        try:
            last = {"ok": to_json(function(*arguments))}
        except Err as refused:
            return {"err": to_json(refused.value)}
    return last


def from_json(value, hint):
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if value is None:
        return None
    if typing.get_origin(hint) is typing.Union:
        return from_json(value, options[0])
    if hint is bytes:
        return bytes.fromhex(value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[value.upper().replace("-", "_")]
    if dataclasses.is_dataclass(hint):
        fields = typing.get_type_hints(hint)
        return hint(**{name: from_json(value.get(contract_name(name)), of) for name, of in fields.items()})
    if isinstance(value, list):
        return [from_json(item, options[0]) for item in value]
    return value


def to_json(value):
    if isinstance(value, (bytes, bytearray)):
        return value.hex() if len(value) <= SHOWN_BYTES_MAX else len(value)
    if isinstance(value, enum.Enum):
        return contract_name(value.name.lower())
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if type(value).__name__.startswith(("Refusal_", "End_")):
        case = re.sub("(?<!^)(?=[A-Z])", "-", type(value).__name__.partition("_")[2]).lower()
        return {case: to_json(value.value)}
    if dataclasses.is_dataclass(value):
        return {contract_name(field.name): to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def contract_name(name: str) -> str:
    """A name as the contract writes it; Python's bindings add an underscore to a keyword."""
    return name.rstrip("_").replace("_", "-")
