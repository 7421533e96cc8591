"""What a form says in Swedish is held against the words that the pipeline never says."""

import pyarrow as pa
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.tables.wording import check_words
from equity_pipeline.vocabulary import vocabulary


@pytest.mark.parametrize("word", vocabulary().forbidden)
def test_a_form_that_says_a_forbidden_word_is_not_made(word):
    rows = pa.table({"indicator_id": ["VT01"], "obstacle_sv": [f"Text som {word.upper()} säger"]})
    with pytest.raises(MethodError, match="obstacle_sv"):
        check_words("readiness", StratifiedTable.of("readiness", rows))


def test_what_is_said_otherwise_passes_and_english_is_not_read():
    rows = pa.table({"indicator_id": ["VT01"], "obstacle_sv": ["Registrets täckning är 32 %"],
                     "obstacle_en": ["compliant"]})  # fmt: skip
    check_words("readiness", StratifiedTable.of("readiness", rows))
