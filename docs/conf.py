"""How the manual becomes a site: `make site`. Nothing is fetched, neither now nor by readers."""

import importlib.metadata

project = "equity-pipeline"
author = "The maintainers of equity-pipeline"
release = importlib.metadata.version("equity-pipeline")
extensions = ["myst_parser"]
myst_heading_anchors = 3  # links to a heading are checked too
myst_links_external_new_tab = False
nitpicky = True
html_theme = "furo"
html_title = "equity-pipeline"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None  # the same text gives the same pages
