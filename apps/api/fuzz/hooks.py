"""What schemathesis cannot make up from the document: ids of things that are there.

Every other made-up id, in a path or in a body, is replaced by one that exists, which one following from the made-up
one, so that the same seed makes the same requests.
"""

import json
import os
import pathlib
import re
import zlib

import schemathesis

from things import FIELDS

# Ids by what stands before them in a path.
THINGS = json.loads(pathlib.Path(os.environ["SYNESTHESIE_THINGS"]).read_text())


def known(made_up, things):
    """An id that exists, or what was made up."""
    ids, number = THINGS.get(things), zlib.crc32(str(made_up).encode())
    return ids[number // 2 % len(ids)] if ids and number % 2 else made_up


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Puts ids of things that are there in the place of half of the made-up ones."""
    if not path_parameters or context.operation is None:
        return path_parameters
    found = dict(path_parameters)
    for before, name in re.findall(r"([\w-]+)/\{(\w+)\}", context.operation.path):
        if name in found:
            found[name] = known(found[name], before)
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
