"""What the first chart and the first table of a process do once: done before it is forked."""

from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def warm() -> None:
    """Draw a chart and represent a table, and leave nothing of them but what libraries keep for themselves.

    The chart is no figure of pyplot, and the settings are as they were.
    """
    with mpl.rc_context():
        figure = Figure()
        FigureCanvasAgg(figure)
        axes = figure.subplots(2, 2)
        axes[0, 0].barh([0, 1], [1, 2], label="a")
        axes[0, 0].legend()
        axes[0, 1].boxplot([[1, 2, 3], [2, 3, 4]])
        axes[1, 0].imshow([[0.0, 1.0], [1.0, 0.0]])
        axes[1, 1].plot([0.1, 1000.0], [1, 2])
        axes[1, 1].set_title("$x^2$")
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    table = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})
    repr(table.describe())
    table.to_html()
    plt.close("all")
