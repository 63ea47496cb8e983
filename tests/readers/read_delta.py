"""Reads Delta tables as their users do, and prints what it finds as JSON.

One request a line on stdin: {"path", "version", "skip"}. For each a line on stdout with what each reader gives:
{"polars": {"rows": [...]} or {"error": "..."}, "deltalake": the same}. Values are texts in DuckDB's spelling, so that
they can be compared with what DuckDB reads; rows are in order.
"""

import datetime
import decimal
import json
import os
import sys

import polars
from deltalake import DeltaTable


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(" ", "microseconds")
    if isinstance(value, (int, float, str, datetime.date, decimal.Decimal)):
        return str(value)
    if isinstance(value, dict):
        return {name: text(part) for name, part in value.items()}
    return [text(part) for part in value]


def rows_of(rows):
    return sorted(([text(value) for value in row.values()] for row in rows), key=json.dumps)


def with_polars(path, version, skip):
    frame = polars.scan_delta(path, version=version)
    names = [name for name in frame.collect_schema().names() if name not in skip]
    return rows_of(frame.select(names).collect().to_dicts())


def with_deltalake(path, version, skip):
    table = DeltaTable(path, version=version).to_pyarrow_table()
    return rows_of(table.select([name for name in table.column_names if name not in skip]).to_pylist())


def attempt(read, *args):
    try:
        return {"rows": read(*args)}
    except Exception as error:  # whatever a reader throws is what its user sees
        return {"error": f"{type(error).__name__}: {error}"}


def other(request):
    """What must not be allowed, or must do no harm."""
    table = DeltaTable(request["path"])
    if request["do"] == "delete":
        return table.delete()
    if request["do"] == "vacuum":
        return table.vacuum(dry_run=False, full=True)
    if request["do"] == "vacuum without retention":
        return table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=True, full=True)
    return [[entry.get("version"), entry.get("userMetadata")] for entry in table.history()]


for line in sys.stdin:
    request = json.loads(line)
    if "do" in request:
        answer = attempt(other, request)
    else:
        args = (request["path"], request.get("version"), request.get("skip", []))
        answer = {"polars": attempt(with_polars, *args), "deltalake": attempt(with_deltalake, *args)}
    print(json.dumps(answer, default=str), flush=True)

# The threads of Polars may crash a process that ends while an error of theirs is told.
sys.stdout.flush()
os._exit(0)
