# SPDX-License-Identifier: Apache-2.0
"""The command `paraph`: prepares the process as its settings say, then hands over to the command that was asked for."""

import os
import sys

from paraph.config import borders, environment, signer
from paraph.config.environment import SettingError
from paraph.signer import users


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] in (["demo"], ["smoke"]):
            from paraph.config import demonstration

            return demonstration.main(arguments)
        if arguments[:1] == ["web"]:
            from paraph.config import web

            return web.main(arguments[1:])
        if arguments[:1] == ["signer"]:
            return signer.main(arguments[1:])
        return _operate(arguments)
    except SettingError as error:
        print(f"paraph: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _operate(arguments: list[str]) -> int:
    if arguments[:1] == ["worker"]:
        borders.refuse()
    _work_as_the_service()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
    import django

    django.setup(set_prefix=False)
    from paraph.config import binding
    from paraph.interfaces import cli

    binding.bind_all()
    return cli.main(arguments)


def _work_as_the_service() -> None:
    """Where signer and service are different users, root's commands work as the owner of the data, so that what they make is
    his; they are root again only where the signer's files are opened (interfaces.cli.signer_host)."""
    data = environment.data_directory()
    if borders.demanded() and os.geteuid() == users.ROOT and data.exists():
        users.work_as(data.stat().st_uid, besides=signer.askers().group)


if __name__ == "__main__":
    sys.exit(main())
