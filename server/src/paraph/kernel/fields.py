# SPDX-License-Identifier: Apache-2.0
"""Columns whose content is sealed (kernel.sealing). They can't be filtered by: keep a blind index beside them."""

import json
from typing import Any

from django.db import models

from paraph.kernel import sealing


class SealedBytesField(models.BinaryField):
    """Bytes, sealed under the table's and the column's name."""

    def _context(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.column}".encode()

    def to_plain(self, content: bytes) -> Any:
        return content

    def from_plain(self, value: Any) -> bytes:
        return bytes(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None:
            value = sealing.seal(self.from_plain(value), self._context())
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else self.to_plain(sealing.unseal(bytes(value), self._context()))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: Any) -> str:
        raise NotImplementedError("sealed columns are not serialised")


class SealedTextField(SealedBytesField):
    """Text, sealed."""

    def to_plain(self, content: bytes) -> str:
        return content.decode()

    def from_plain(self, value: Any) -> bytes:
        return str(value).encode()

    def get_default(self) -> Any:
        return self.default() if callable(self.default) else ("" if not self.has_default() else self.default)

    def to_python(self, value: Any) -> Any:
        return value


class SealedJSONField(SealedBytesField):
    """A JSON value, sealed."""

    def to_plain(self, content: bytes) -> Any:
        return json.loads(content)

    def from_plain(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def get_default(self) -> Any:
        return self.default() if callable(self.default) else (None if not self.has_default() else self.default)

    def to_python(self, value: Any) -> Any:
        return value
