"""Readers meet whatever people and programs type: they answer, or say that they cannot read it."""

from hypothesis import example, given
from hypothesis import strategies as st

from agreement.readers.companies import CompanyReader, contradict, host_of, registrable
from agreement.readers.countries import read_country
from agreement.readers.head_counts import MOST, read_head_count
from agreement.readers.industries import IndustryReader
from agreement.readers.nobody import Nobody
from agreement.readers.roles import RoleReader
from agreement.readers.subjects import MailSubjectReader
from testing.service import shipped_agreement

DEFINITIONS = shipped_agreement().definitions
COMPANIES, INDUSTRIES = CompanyReader(DEFINITIONS), IndustryReader(DEFINITIONS)
ROLES, NOBODY = RoleReader(DEFINITIONS), Nobody(DEFINITIONS)
SUBJECTS = MailSubjectReader(shipped_agreement().events.machines)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789kKmM+-.,<>=~ to", max_size=20),
    st.text(alphabet="ab.-@/:?#_é", max_size=30),
)


@given(TEXTS, TEXTS)
@example("a..b", ".com")
@example("https://", "http://[::1]/x")
@example("\x00", "\ud800")
def test_every_text_has_an_answer(text: str, other: str) -> None:
    read_country(text)
    INDUSTRIES.read(text)
    ROLES.read(text)
    SUBJECTS.is_automatic(text)
    NOBODY.is_named(text)
    registrable(host_of(text))
    COMPANIES.site_company(text)
    COMPANIES.mail_company(text)
    assert contradict(text, other, "acme.com") == contradict(other, text, "acme.com")
    count = read_head_count(text)
    if count is not None:
        assert 0 <= count.number <= MOST + 1
        assert read_head_count(count.fact) == count
