"""The page reader's benchmark, as its user starts it."""

import json
import subprocess
import sys

from edgedigits.imaging.picture_files import save_picture
from edgedigits_data.synthetic.scoring import scoring_pages

COMMAND = [sys.executable, "-m", "edgedigits_bench.accuracy.pages", "--pictures"]


def test_all_readers_take_turns_at_pictures_of_the_users_own(tmp_path):
    for i, page in enumerate(scoring_pages(2)):
        save_picture(tmp_path / f"{i}.png", page.picture)
    done = subprocess.run([*COMMAND, str(tmp_path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["pictures"] == 2
    assert found["seconds_a_picture"].keys() == found["times_ours"].keys() >= {"edgedigits"}
    assert found["times_ours"]["edgedigits"] == 1


def test_a_folder_without_pictures_is_named_in_one_line(tmp_path):
    done = subprocess.run([*COMMAND, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert str(tmp_path) in done.stderr
    assert done.stderr.count("\n") == 1
