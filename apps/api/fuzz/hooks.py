"""What schemathesis cannot make up from the document: ids of things that are there.

Of made-up ids three in four, in a path or in a body, are replaced by one that exists, which one following from the made-up
one, so that the same seed makes the same requests.
"""

import json
import os
import pathlib
import zlib

import schemathesis

from things import FIELDS, named

# What comes to an address for reports is sent as it came.
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")

# Ids by what they are of.
THINGS = json.loads(pathlib.Path(os.environ["SYNESTHESIE_THINGS"]).read_text())


def known(made_up, things):
    """An id that exists, or what was made up."""
    ids, number = THINGS.get(things), zlib.crc32(str(made_up).encode())
    if not ids or made_up in ids:
        return made_up
    return ids[number // 4 % len(ids)] if number % 4 else made_up


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Puts ids of things that are there in the place of made-up ones."""
    if not path_parameters or context.operation is None:
        return path_parameters
    found = dict(path_parameters)
    for name, things in named(context.operation.method, context.operation.path).items():
        if name in found:
            found[name] = known(found[name], things)
    return found


@schemathesis.hook
def map_body(context, body):
    """The same in bodies."""
    return replaced(body)


def replaced(value):
    if isinstance(value, list):
        return [replaced(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, one in value.items():
        things = FIELDS.get(name)
        if things and isinstance(one, str):
            found[name] = known(one, things)
        elif things and isinstance(one, list):
            found[name] = [known(each, things) if isinstance(each, str) else each for each in one]
        else:
            found[name] = replaced(one)
    return found
