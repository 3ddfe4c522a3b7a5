"""How Sphinx builds the manual: ``nox -s docs``."""

from __future__ import annotations

from pathlib import Path
import sys
import tempfile

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import directives  # noqa: E402
import inventories  # noqa: E402

import ckenum  # noqa: E402

directives.install()

project = "ckenum"
copyright = "the authors of ckenum"
version = release = ckenum.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "program_help",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"ckenum {version}"
html_static_path = ["static"]
html_css_files = ["ckenum.css"]
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5f8b",
        "color-brand-content": "#1f5f8b",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7fb8de",
        "color-brand-content": "#7fb8de",
    },
}
pygments_style = "tango"
pygments_dark_style = "monokai"

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
# dashes alone: quotes stay as they are typed
smartquotes_action = "D"

copybutton_prompt_text = "$ "
copybutton_here_doc_delimiter = "EOF"
copybutton_line_continuation_character = "\\"

autodoc_member_order = "bysource"
# the docstrings say what goes in
autodoc_typehints = "none"
autodoc_preserve_defaults = True
add_module_names = True

nitpicky = True


def public_bases(app, name, obj, options, bases):  # type: ignore
    """Show what users can name, in place of private classes above it."""
    while any(base.__name__.startswith("_") for base in bases):
        bases[:] = dict.fromkeys(
            shown
            for base in bases
            for shown in (
                base.__bases__ if base.__name__.startswith("_") else [base]
            )
        )
    bases[:] = [b for b in bases if b.__module__ != "alembic.util.exc"]


def setup(app):  # type: ignore
    app.connect("autodoc-process-bases", public_bases)


# A build needs no network: the few names of other manuals that this one
# refers to are listed in docs/inventories/.
intersphinx_mapping = inventories.mapping(
    HERE / "inventories", Path(tempfile.mkdtemp())
)
