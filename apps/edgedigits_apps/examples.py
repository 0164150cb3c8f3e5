"""Two examples for each command, shown at the end of its help and in the reference."""

EXAMPLES: dict[str, tuple[str, str]] = {
    "train": (
        "edgedigits train --model edge --out runs/edge",
        "edgedigits train --from edge --data my-digits --epochs 5 --out runs/mine",
    ),
    "export": (
        "edgedigits export runs/edge",
        "edgedigits export my-model.keras --data my-images --format int8 --out my-bundle",
    ),
    "verify": (
        "edgedigits verify edge",
        "edgedigits verify my-bundle --data my-images --tolerance 0.5 --junit verify.xml",
    ),
    "bench": (
        "edgedigits bench edge --quick",
        "edgedigits bench edge --remote pi@raspberrypi.local --html pi.html",
    ),
    "read": (
        "edgedigits read photo.jpg",
        "edgedigits read scans/ --json --annotate annotated/",
    ),
    "webcam": (
        "edgedigits webcam",
        "edgedigits webcam --headless --region 80,60,480,120 --expect 5 --csv readings.csv",
    ),
    "batch": (
        "edgedigits batch pictures/ out/",
        "edgedigits batch pictures/ out/ --retry-failed",
    ),
    "web": (
        "edgedigits web",
        "edgedigits web --port 8080 --bundle my-bundle",
    ),
    "info": (
        "edgedigits info",
        "edgedigits info --json",
    ),
    "pipeline": (
        "edgedigits pipeline --model reference --out runs/demo",
        "edgedigits pipeline --model edge --full --out runs/edge",
    ),
}


def epilog(command: str, terminal: bool) -> str:
    """The end of a command's help.

    Args:
        command: its name.
        terminal: whether the help is laid out for a terminal, where lines are paragraphs; else they are kept by a mark.
    """
    lines = ["Examples:", *(f"  {line}" for line in EXAMPLES[command])]
    return "\n\n".join(lines) if terminal else "\b\n" + "\n".join(lines)
