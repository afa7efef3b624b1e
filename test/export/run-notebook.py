"""Runs a notebook, and prints its cells' results as JSON: run-notebook.py NOTEBOOK"""
import json
import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=500, kernel_name="python3").execute()
results = [
    output.data.get("text/html", "")
    for cell in notebook.cells
    if cell.cell_type == "code"
    for output in cell.outputs
    if output.output_type == "execute_result"
]
print(json.dumps(results))
