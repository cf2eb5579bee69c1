"""Makes schema.json: what Kubernetes takes of the kinds in docker/k8s, without its words.

    python3 -m pip download --no-deps kubernetes-validate==1.37.0 && unzip -q kubernetes_validate-*.whl
    python3 strip.py kubernetes_validate/kubernetes-json-schema/v1.35.0-local-strict > schema.json

The package is made of what Kubernetes publishes of each release. The release is the oldest that its makers still look after:
what it takes, newer ones take too.
"""

import json
import sys
from pathlib import Path

# Kind, and the file that describes it.
KINDS = {
    "ConfigMap": "configmap-v1",
    "Deployment": "deployment-apps-v1",
    "Ingress": "ingress-networking-v1",
    "Job": "job-batch-v1",
    "Namespace": "namespace-v1",
    "NetworkPolicy": "networkpolicy-networking-v1",
    "PodDisruptionBudget": "poddisruptionbudget-policy-v1",
    "Secret": "secret-v1",
    "Service": "service-v1",
}
ELSEWHERE = "/api/_definitions.json#/$defs/"
COMMENT = (
    "Of Kubernetes {release} (Apache-2.0, The Kubernetes Authors), by way of kubernetes-validate; without descriptions and "
    "without null, made by strip.py."
)


def stripped(schema):
    """The same without words, and without leave to say nothing."""
    if isinstance(schema, list):
        return [stripped(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: stripped(inner) for name, inner in value.items()}
        elif key == "$ref":
            kept[key] = value.replace(ELSEWHERE, "#/$defs/")
        elif key == "type" and isinstance(value, list):
            rest = [one for one in value if one != "null"]
            kept[key] = rest[0] if len(rest) == 1 else rest
        elif key in ("description", "$schema", "$id", "default") or key.startswith("x-kubernetes-"):
            continue
        else:
            kept[key] = stripped(value)
    return kept


def named(schema):
    """What a schema leads to."""
    if isinstance(schema, list):
        return set().union(*map(named, schema))
    if not isinstance(schema, dict):
        return set()
    found = {schema["$ref"].removeprefix("#/$defs/")} if isinstance(schema.get("$ref"), str) else set()
    return found.union(*map(named, schema.values()))


def main(folder):
    definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    kinds = {}
    for kind, file in KINDS.items():
        schema = stripped(json.loads((folder / f"{file}.json").read_text()))
        # What the server would guess is to be said.
        schema["required"] = sorted({"apiVersion", "kind", "metadata", *schema.get("required", [])})
        schema["properties"].pop("status", None)
        kinds[kind] = schema
    kept, waiting = {}, set().union(*map(named, kinds.values()))
    while waiting:
        name = waiting.pop()
        kept[name] = stripped(definitions[name])
        waiting |= named(kept[name]) - kept.keys()
    release = folder.name.split("-")[0]
    document = {
        "$comment": COMMENT.format(release=release),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "kinds": kinds,
        "$defs": dict(sorted(kept.items())),
    }
    print(json.dumps(document, separators=(",", ":"), ensure_ascii=False).replace('},"io.k8s', '},\n"io.k8s'))


main(Path(sys.argv[1]))
