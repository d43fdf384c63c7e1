"""What a token may do: what its person may do now, of that the rights it names, and of these what lies at its place."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from core.contract.ports import Permission

Right = tuple[str, str]  # the name of a permission, and the path of the place where it is held


def narrowed(
    grants: Iterable[Right], names: Collection[str], path: str, known: Mapping[str, Permission]
) -> list[Right]:
    """Return the rights that a token of some names and a place ("/" everywhere) has of those of its person.

    One on what the whole country shares counts only where it is held for the whole country, as everywhere.
    """
    return sorted(set(_meets(grants, names, path, known)))


def _meets(
    grants: Iterable[Right], names: Collection[str], path: str, known: Mapping[str, Permission]
) -> Iterator[Right]:
    for name, held in grants:
        if name not in names or not (held.startswith(path) or path.startswith(held)):
            continue
        at = max(held, path, key=len)  # of two places of which one lies in the other, the inner one
        if at.count("/") <= 2 or not known[name].national:
            yield name, at
