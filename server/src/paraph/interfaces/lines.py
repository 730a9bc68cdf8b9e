# SPDX-License-Identifier: Apache-2.0
"""The lines of a program's log, with or without Django."""

import contextvars
import json
import logging
from datetime import UTC, datetime

trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="")


class JSONFormatter(logging.Formatter):
    """One JSON object a line: instant, level, logger, message, trace id, and the fields of `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "trace": trace.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
