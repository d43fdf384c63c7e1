"""Draws a paper: `drawing BASE` reads HTML and writes the PDF, in a process with its share of memory and time."""

import sys

MEMORY, SECONDS = 1536 * 2**20, 60


def draw(html: str, base: str) -> bytes:
    """Return the PDF of a whole HTML document whose links begin at `base`."""
    from weasyprint import HTML  # slow to load and needs Pango: only where a paper is drawn

    return bytes(HTML(string=html, base_url=base).write_pdf())


def main(base: str) -> None:
    """Draw what stands on the standard input, within limits."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode(), base))


if __name__ == "__main__":
    main(sys.argv[1])
