"""Campaign reports of e-mail systems in the layouts that they write; the truth is counted by hand from the rows."""

import pytest

from tests.leads.saved_reports import kinds, saver, with_gaps
from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.reports import read_email, read_report_frame

JANUARY, FEBRUARY, MARCH = (2026 * 12 + n for n in range(3))


@pytest.fixture
def saved(tmp_path):
    return saver(tmp_path, "mail.csv")


def measured(table):
    return {(row.campaign, row.month): with_gaps(row) for row in table.rows}


def test_mailchimp(saved):
    """Total opens, rates as texts and the visits of the website stand beside what counts."""
    table = read_email(saved(
        "Title,Subject,List,Send Date,Send Weekday,Total Recipients,Successful Deliveries,Soft Bounces,Hard Bounces,"
        "Total Bounces,Times Forwarded,Forwarded Opens,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,"
        "Total Clicks,Unsubscribes,Abuse Complaints,Times Liked on Facebook,Visits,New Visitors,Bounce Rate\n"
        'January,Happy new year,Customers,"Jan 05, 2026 10:00 am",Monday,"1,000",980,12,8,20,3,4,392,40.00%,700,49,'
        '5.00%,90,5,0,0,60,20,40%\n'
        'February,Offer,Customers,"Feb 03, 2026 09:30 am",Tuesday,"1,010",1000,6,4,10,0,0,300,30.00%,520,20,2.00%,'
        '44,2,0,0,20,10,50%\n'
    ))  # fmt: skip
    assert measured(table) == {
        ("January", JANUARY): {
            "sent": 1000, "delivered": 980, "opened": 392, "clicked": 49, "bounced": 20, "unsubscribed": 5,
            "forwarded": 3,
        },
        ("February", FEBRUARY): {
            "sent": 1010, "delivered": 1000, "opened": 300, "clicked": 20, "bounced": 10, "unsubscribed": 2,
            "forwarded": 0,
        },
    }  # fmt: skip
    assert {row.label for row in table.rows} == {"Customers"}
    assert kinds(table) == {}


def test_hubspot_does_not_say_that_opens_are_unique(saved):
    table = read_email(saved(
        "Email name,Subject,Send date,Sent,Delivered,Opened,Clicked,Hard bounced,Soft bounced,Unsubscribed,Open rate\n"
        "Webinar,Join us,2026-01-15 09:00,500,490,147,49,6,4,1,30%\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Webinar", JANUARY): {
            "sent": 500, "delivered": 490, "opened": 147, "clicked": 49, "bounced": 10, "unsubscribed": 1,
        },
    }  # fmt: skip
    assert [(str(one.kind), one.column) for one in table.findings] == [
        ("opens_unclear", "mail.csv: Opened"), ("opens_unclear", "mail.csv: Clicked"),
    ]  # fmt: skip


def test_opens_beyond_those_delivered_count_every_time(saved):
    table = read_email(saved(
        "Campaign,Send date,Sent,Delivered,Opens,Clicks\nA,2026-01-05,100,90,30,5\nB,2026-01-06,100,90,130,6\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("A", JANUARY): {"sent": 100, "delivered": 90, "clicked": 5, "opened": "opens_not_unique"},
        ("B", JANUARY): {"sent": 100, "delivered": 90, "clicked": 6, "opened": "opens_not_unique"},
    }
    [found] = [one for one in table.findings if one.kind == "opens_not_unique"]
    assert (found.column, found.rows) == ("mail.csv: Opens", (3,))


def test_total_opens_alone_are_no_opens(saved):
    table = read_email(saved("Campaign,Send date,Sent,Delivered,Total Opens\nA,2026-01-05,100,90,30\n"))
    assert measured(table) == {("A", JANUARY): {"sent": 100, "delivered": 90, "opened": "opens_not_unique"}}


def test_getresponse_in_polish(saved):
    table = read_email(saved(
        "Nazwa wiadomości;Temat;Data wysyłki;Wysłane;Dostarczone;Unikalne otwarcia;Wskaźnik otwarć;Unikalne kliknięcia;"
        "Odbicia;Wypisania\n"
        "Newsletter 1;Nowości;15.01.2026;1 200;1 150;460;40,00%;46;50;3\n"
        "Newsletter 2;Rabat;03.02.2026;1 300;1 280;384;30,00%;64;20;5\nRazem;;;2 500;2 430;844;34,73%;110;70;8\n",
        "cp1250",
    ))  # fmt: skip
    assert measured(table) == {
        ("Newsletter 1", JANUARY): {
            "sent": 1200, "delivered": 1150, "opened": 460, "clicked": 46, "bounced": 50, "unsubscribed": 3,
        },
        ("Newsletter 2", FEBRUARY): {
            "sent": 1300, "delivered": 1280, "opened": 384, "clicked": 64, "bounced": 20, "unsubscribed": 5,
        },
    }  # fmt: skip
    assert kinds(table)["total_rows"] == 1


def test_sendpulse_in_russian(saved):
    table = read_email(saved(
        "Название кампании\tДата отправки\tОтправлено\tДоставлено\tОткрыто\tПереходы\tОтписались\tОшибки\n"
        "Зима\t20.01.2026 12:00\t300\t290\t87\t29\t2\t10\nВесна\t02.03.2026 12:00\t310\t305\t61\t12\t1\t5\n",
        "utf-16",
    ))  # fmt: skip
    assert measured(table) == {
        ("Зима", JANUARY): {
            "sent": 300, "delivered": 290, "opened": 87, "clicked": 29, "bounced": 10, "unsubscribed": 2,
        },
        ("Весна", MARCH): {
            "sent": 310, "delivered": 305, "opened": 61, "clicked": 12, "bounced": 5, "unsubscribed": 1,
        },
    }  # fmt: skip


def test_unisender_in_russian(saved):
    table = read_email(saved(
        "Отчёт по рассылкам\n\nТема письма;Дата отправки;Отправлено;Доставлено;Прочитано;Перешли по ссылкам;"
        "Отписались\n"
        "Акция;2026-02-10;1000;950;190;38;4\n",
        "cp1251",
    ))  # fmt: skip
    assert measured(table) == {
        ("Акция", FEBRUARY): {"sent": 1000, "delivered": 950, "opened": 190, "clicked": 38, "unsubscribed": 4},
    }


def test_delivered_are_those_sent_that_did_not_bounce():
    rows = [["Campaign", "Send date", "Sent", "Bounced", "Unique opens"], ["A", "2026-01-05", 100, 4, 24]]
    table = read_report_frame(rows, "email")
    assert measured(table) == {("A", JANUARY): {"sent": 100, "delivered": 96, "bounced": 4, "opened": 24}}
    assert kinds(table) == {"delivered_worked_out": 1}
    without = read_report_frame([[*rows[0][:3], rows[0][4]], [*rows[1][:3], 24]], "email")
    assert measured(without) == {("A", JANUARY): {"sent": 100, "opened": 24}}


def test_newsletters_of_mondays_are_no_weeks():
    rows = [["Campaign", "Send date", "Sent", "Delivered"]]
    rows += [[f"N{n}", day, 70, 70] for n, day in enumerate(("2026-01-12", "2026-01-19", "2026-01-26"))]
    assert {row.month: row.values["sent"] for row in read_report_frame(rows, "email").rows} == {JANUARY: 70}
    assert sum(row.values["sent"] for row in read_report_frame(rows, "email").rows) == 210


def test_the_size_of_a_list_is_the_last_one_and_none_of_several(saved):
    header = "Month,List,Sent,Delivered,List size\n"
    table = read_email(saved(header + "2026-01,A,10,10,500\n2026-02,A,10,10,520\n2026-02,B,10,10,90\n"))
    assert {(row.label, row.month): row.values["list_size"] for row in table.rows} == {
        ("A", JANUARY): 500, ("A", FEBRUARY): 520, ("B", FEBRUARY): 90,
    }  # fmt: skip


def test_the_same_mailing_twice_is_refused(saved):
    content = "Campaign,Send date,Sent,Delivered\nA,2026-01-05,100,90\n"
    with pytest.raises(InputError, match=r"a\.csv, b\.csv: both hold delivered, sent of A from 2026-01-05"):
        read_email([saved(content, name="a.csv"), saved(content, name="b.csv")])
    other = saved(content.replace("A,2026", "B,2026"), name="c.csv")
    assert len(read_email([saved(content), other]).rows) == 2
