"""The floor of pages: one select by sqlite3 and one plain table, of the same fifty rows and seven columns as the list of
articles. It knows nobody, no right, no language, no filter and no frame: `python -m tests.bench.bare_page DB PORT`."""

import sqlite3
import sys
from contextlib import closing

from flask import Flask, render_template
from jinja2 import DictLoader

ROWS = """
SELECT p.name_fr, p.code, g.label_fr, p.ven, p.base_unit_fr, p.pack_size, p.unit_price / 10000, p.tracer
FROM elmis_product p LEFT JOIN elmis_programme g ON g.id = p.programme_id ORDER BY p.name_fr LIMIT 50
"""
PAGE = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Articles</title></head><body><h1>Articles</h1>
<table><thead><tr><th>Article</th><th>Programme</th><th>VEN</th><th>Unit</th><th>Pack</th><th>Price</th><th>Tracer</th></tr>
</thead><tbody>{% for row in rows %}<tr><th><a href="/articles/{{ row[1] }}">{{ row[0] }}</a><br>{{ row[1] }}</th>
<td>{{ row[2] }}</td><td>{{ row[3] }}</td><td>{{ row[4] }}</td><td>{{ row[5] }}</td><td>{{ row[6] }}</td><td>{{ row[7] }}</td>
</tr>{% endfor %}</tbody></table></body></html>"""


def bare(database: str) -> Flask:
    """Return the bare application on a database of Amagara."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"articles.html": PAGE})  # compiled once, as a file would be

    @app.get("/")
    def articles() -> str:
        with closing(sqlite3.connect(database)) as connection:
            return render_template("articles.html", rows=connection.execute(ROWS).fetchall())

    return app


if __name__ == "__main__":
    from waitress import serve

    serve(bare(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=4)
