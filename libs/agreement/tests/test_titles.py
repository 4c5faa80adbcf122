"""Job titles in other languages than English, grown together or not; and of who owns or presides."""

import pytest

from agreement import Agreement
from agreement.readers.roles import RoleReader

TITLES_ABROAD = """
    Vertriebsleiter | director sales
    Vertriebsleiter (m/w/d) | director sales
    Leiterin Vertrieb DACH | director sales
    Verkaufsleitung | director sales
    Leiter Marketing | director marketing
    Marketingleiterin | director marketing
    Bereichsleiter Vertrieb | director sales
    Teamleiter Vertrieb | manager sales
    Vertriebsmanager | manager sales
    Vertriebsmitarbeiterin | individual sales
    Leiter Vertriebssteuerung | director revenue_operations
    Geschäftsführer | c_suite other
    Geschäftsführer:in | c_suite other
    Geschaftsfuhrer | c_suite other
    Kaufmännische Geschäftsführung | c_suite other
    Assistenz Geschäftsführung | individual other
    Assistentin der Geschäftsführung | individual other
    Vertriebsvorstand | c_suite sales
    Werkstudent Marketing | student marketing
    Président-directeur général | c_suite other
    PDG | c_suite other
    Gérante | c_suite other
    Directeur commercial | director sales
    Directrice marketing | director marketing
    Directeur des ventes | director sales
    Responsable commercial | manager sales
    Chef des ventes | manager sales
    Assistante commerciale | individual sales
    Chargée de communication | individual marketing
    Stagiaire marketing | student marketing
    Consejero Delegado | c_suite other
    Director General | c_suite other
    Jefe de Ventas | manager sales
    Director Comercial | director sales
    Gerente de marketing | manager marketing
    Becaria de ventas | student sales
    Amministratore Delegato | c_suite other
    Direttore Vendite | director sales
    Responsabile Marketing | manager marketing
    Diretora de Vendas | director sales
    Gerente Comercial | manager sales
    Algemeen directeur | c_suite other
    Zaakvoerder | c_suite other
    Hoofd Verkoop | director sales
    Verkoopdirecteur | director sales
    Verkoopleider | manager sales
    Commercieel medewerker | individual sales
    Försäljningschef | director sales
    Salgssjef | director sales
    Verkställande direktör | c_suite other
    Marknadschef | director marketing
    Myyntijohtaja | director sales
    Prezes Zarządu | c_suite other
    Dyrektor Sprzedaży | director sales
    R&D Director | director other
    Assistant Director | director other
    Ingenieur Halbleiter | individual other
    Leiter Vertrieb Halbleiter | director sales
    Reiseleiterin | individual other
""".strip().splitlines()

TITLES_OF_OWNERS = """
    Owner | c_suite other
    Co-Owner | c_suite other
    Owner/Operator | c_suite other
    Owner Operator | c_suite other
    Owner, Smith Plumbing | c_suite other
    Owner of Smith Sales Training | c_suite sales
    Restaurant owner | c_suite other
    Founder | c_suite other
    Founding Partner | c_suite other
    Chair | c_suite other
    Chairwoman of the Board | c_suite other
    Executive Chair | c_suite other
    Vice Chair | vp other
    Vice-Chairman, Sales | vp sales
    Vice Chair of the Board | vp other
    Product Owner | individual other
    Senior Product Owner, CRM | individual other
    Business Process Owner | individual other
    Owner's Representative | individual other
    Assistant to the Owner | individual other
    Owner Assistant | individual other
    Sales Ops | None revenue_operations
    Sales Ops Manager | manager revenue_operations
    Head of Sales Ops | director revenue_operations
    Chair Covers | None other
    Owner Relations | None other
""".strip().splitlines()


@pytest.mark.parametrize("line", TITLES_ABROAD + TITLES_OF_OWNERS)
def test_titles_name_level_and_department(agreement: Agreement, line: str) -> None:
    title, _, meaning = line.partition("|")
    role = RoleReader(agreement.definitions).read(title.strip())
    assert f"{role.seniority} {role.function}" == meaning.strip()
