"""The training's command line refuses what counts nothing."""

import pytest

from training.__main__ import main


@pytest.mark.parametrize("option", ["--repeat", "--steps", "--threads", "--evaluate-every"])
@pytest.mark.parametrize("value", ["0", "-3", "many"])
def test_a_count_below_one_is_refused(option, value, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["recognizer", "--out", str(tmp_path / "run"), option, value])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
