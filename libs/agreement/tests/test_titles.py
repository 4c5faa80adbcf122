"""Job titles in other languages than English, grown together or not."""

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


@pytest.mark.parametrize("line", TITLES_ABROAD)
def test_titles_in_other_languages_name_level_and_department(agreement: Agreement, line: str) -> None:
    title, _, meaning = line.partition("|")
    role = RoleReader(agreement.definitions).read(title.strip())
    assert f"{role.seniority} {role.function}" == meaning.strip()
