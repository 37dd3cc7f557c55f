"""The medians of a report as a chart, in SVG."""

from .measure import OURS
from .report import number
from io import BytesIO
from matplotlib.figure import Figure
from xml.etree import ElementTree

import matplotlib
import textwrap

SVG = "http://www.w3.org/2000/svg"
COLUMNS = 2
TITLE_WIDTH = 45
# Ours is told from the others by its darkness too: in print, and by everyone.
OUR_COLOR = "#0b5c8f"
PEER_COLOR = "#c3ccd3"

TITLE = "Sessions: this product and others, side by side"
HEADING = "Medians.  Less is better, except for rates."

# Texts stay texts, in the reader's font; nothing differs but the figures.
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "benchmark",
}


def chart(report):
    """Return the chart, in bytes."""
    panels = [
        (case["title"], measure)
        for case in report["cases"]
        for measure in case["measures"]
        # Where nobody has any, there is nothing to see.
        if any(row["median"] for row in measure["peers"])
    ]
    rows = -(-len(panels) // COLUMNS)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11, 2.1 * rows), layout="constrained")
        axes = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
        figure.suptitle(HEADING, fontsize=10, x=0.02, ha="left")
        # Readers' fonts may be wider than the one that this is laid out with.
        figure.get_layout_engine().set(w_pad=0.15)
        for ax, (title, measure) in zip(axes, panels):
            _panel(ax, title, measure)
        for ax in axes[len(panels) :]:
            ax.remove()
        file = BytesIO()
        figure.savefig(
            file,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return _described(file.getvalue(), panels)


def _panel(ax, title, measure):
    names = [row["peer"] for row in measure["peers"]]
    medians = [row["median"] for row in measure["peers"]]
    bars = ax.barh(
        names,
        medians,
        color=[OUR_COLOR if name == OURS else PEER_COLOR for name in names],
        edgecolor="#333333",
        linewidth=0.5,
    )
    ax.bar_label(bars, labels=map(number, medians), padding=3)
    heading = textwrap.wrap(title, TITLE_WIDTH)
    heading.append(f"{measure['quantity']} ({measure['unit']})")
    ax.set_title("\n".join(heading), loc="left", fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.xaxis.set_visible(False)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.tick_params(left=False)


def _described(svg, panels):
    """Give the image a title and a description, for those who do not see it."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    root.set("role", "img")
    root.set("aria-labelledby", "title description")
    title = ElementTree.Element(f"{{{SVG}}}title", id="title")
    title.text = TITLE
    description = ElementTree.Element(f"{{{SVG}}}desc", id="description")
    description.text = " ".join(_sentence(*panel) for panel in panels)
    root.insert(0, title)
    root.insert(1, description)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _sentence(title, measure):
    figures = ", ".join(
        f"{row['peer']} {number(row['median'])}" for row in measure["peers"]
    )
    return f"{title}, {measure['quantity']} in {measure['unit']}: {figures}."
