"""A plugin's own icons: the SVG files of its static folder, looked at when the application starts."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pluggy import PluginManager

from core.contract.checks import DoesNotFit
from core.contract.plugins import module_folder

LARGEST = 4096  # bytes: an icon stands in the page itself
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon"}
ATTRIBUTES = {
    *("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "viewBox"),
    *("fill", "fill-rule", "clip-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "opacity"),
    *("transform",),
}
PLAIN = re.compile(r"[\w\s.,%#()+-]*", re.A)
PASSED_OVER = {"class", "id", "version"}


def icons_of(manager: PluginManager) -> dict[str, tuple[str, str]]:
    """Return {"elmis:icon": (view box, shapes)} of all plugins; DoesNotFit where a file is more than an icon."""
    found = {}
    for name, plugin in manager.list_name_plugin():
        folder = Path(module_folder(plugin)) / "static" if hasattr(plugin, "__file__") else None
        for path in sorted(folder.glob("*.svg")) if folder and name != "core" else ():
            found[f"{name}:{path.stem}"] = read(path.read_bytes(), f"{path.name} of the plugin {name}")
    return found


def read(content: bytes, where: str) -> tuple[str, str]:
    """Return view box and shapes of an SVG file; DoesNotFit where it is too large, or holds more than shapes."""
    if len(content) > LARGEST:
        raise DoesNotFit(f"{where} is larger than {LARGEST} bytes, which is much for an icon")
    try:
        drawing = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DoesNotFit(f"{where} is no SVG that can be read: {error}") from None
    for element in drawing.iter():
        _clean(element, where)
    box = drawing.get("viewBox", "")
    if drawing.tag != "svg" or not box:
        raise DoesNotFit(f"{where} is no <svg> with a viewBox")
    own = [f'{key}="{value}"' for key, value in drawing.items() if key not in ("viewBox", "width", "height")]
    return box, f"<g {' '.join(own)}>{''.join(tostring(each, 'unicode') for each in drawing)}</g>"


def _clean(element: Element, where: str) -> None:
    """Leave shapes alone in an element: DoesNotFit where it is something else, or runs or fetches something."""
    element.tag = str(element.tag).removeprefix(SVG)
    element.text = element.tail = None
    if element.tag not in SHAPES:
        raise DoesNotFit(f"{where} holds <{element.tag}>, which an icon may not")
    for key, value in list(element.items()):
        if key in PASSED_OVER:
            del element.attrib[key]
        elif key not in ATTRIBUTES or not PLAIN.fullmatch(value) or "url" in value.lower():
            raise DoesNotFit(f"{where} holds {key}={value[:40]!r}, which an icon may not")
