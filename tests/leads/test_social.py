"""Insights of pages of social networks in the layouts that these write; the truth is counted by hand from the rows."""

import pytest
import xlsxwriter

from tests.leads.saved_reports import kinds, saver, with_gaps
from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.reports import read_report_frame, read_social

JANUARY, FEBRUARY = (2026 * 12 + n for n in range(2))


@pytest.fixture
def saved(tmp_path):
    return saver(tmp_path, "page.csv")


def measured(table):
    return {(row.label, row.month): with_gaps(row) for row in table.rows}


LINKEDIN = (
    "Date,Impressions (organic),Impressions (sponsored),Impressions (total),Unique impressions (organic),"
    "Clicks (organic),Clicks (sponsored),Clicks (total),Reactions (organic),Reactions (total),Comments (total),"
    "Reposts (total),Engagement rate (total)\n"
    "01/30/2026,90,10,100,80,4,1,5,3,4,1,2,0.12\n01/31/2026,50,0,50,40,2,0,2,1,1,0,0,0.06\n"
    "02/01/2026,200,0,200,150,9,0,9,6,6,3,1,0.095\n"
)
CONTENT = {
    ("LinkedIn", JANUARY): {"impressions": 150, "clicks": 7, "reactions": 5, "comments": 1, "shares": 2},
    ("LinkedIn", FEBRUARY): {"impressions": 200, "clicks": 9, "reactions": 6, "comments": 3, "shares": 1},
}
FOLLOWERS = (
    "Date,Sponsored followers,Organic followers,Auto-invited followers,Total followers\n"
    "01/30/2026,1,4,0,5\n01/31/2026,0,2,1,3\n02/01/2026,2,2,2,6\n"
)


def test_linkedin_content_takes_the_totals(saved):
    assert measured(read_social(saved(LINKEDIN))) == CONTENT


def test_linkedin_calls_total_followers_what_a_day_has_brought(saved):
    table = read_social(saved(FOLLOWERS))
    assert measured(table) == {
        ("LinkedIn", JANUARY): {"new_followers": 8},
        ("LinkedIn", FEBRUARY): {"new_followers": 6},
    }
    assert kinds(table) == {"followers_gained": 3}


def test_total_followers_are_a_level_where_they_are_no_sum(saved):
    content = FOLLOWERS.replace(",5\n", ",1005\n").replace(",3\n", ",1008\n").replace(",6\n", ",1014\n")
    assert measured(read_social(saved(content))) == {
        ("LinkedIn", JANUARY): {"followers": 1008}, ("LinkedIn", FEBRUARY): {"followers": 1014},
    }  # fmt: skip


def test_two_files_of_one_page_say_different_things_of_the_same_days(saved):
    table = read_social([saved(LINKEDIN, name="content.csv"), saved(FOLLOWERS, name="followers.csv")])
    assert measured(table) == {
        key: values | {"new_followers": new} for (key, values), new in zip(CONTENT.items(), (8, 6), strict=True)
    }


def test_the_same_days_twice_are_refused(saved):
    with pytest.raises(InputError, match=r"a\.csv, b\.csv: both hold clicks, comments, .* of LinkedIn"):
        read_social([saved(LINKEDIN, name="a.csv"), saved(LINKEDIN, name="b.csv")])


def test_days_that_lack_a_measure_leave_it_unknown(saved):
    later = "Date,Impressions (total),Reposts (total),Reactions (total)\n02/20/2026,30,1,2\n"
    table = read_social([saved(LINKEDIN, name="a.csv"), saved(later, name="b.csv")])
    assert measured(table)["LinkedIn", FEBRUARY] == {
        "impressions": 230, "reactions": 8, "shares": 2, "clicks": "not_in_all_reports",
        "comments": "not_in_all_reports",
    }  # fmt: skip


def test_a_workbook_with_a_remark_above_the_header(tmp_path):
    path = tmp_path / "company_content_1767225600000.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Metrics")
        sheet.write(0, 0, "Aggregated organic and sponsored metrics by day.")
        for row, line in enumerate(LINKEDIN.splitlines(), start=1):
            sheet.write_row(row, 0, [float(cell) if cell.isdigit() else cell for cell in line.split(",")])
        posts = book.add_worksheet("All posts")
        posts.write(0, 0, "All posts of the time, with what they have brought until today.")
        posts.write_row(
            1,
            0,
            ["Post title", "Created date", "Impressions", "Views", "Clicks", "Likes", "Comments", "Reposts", "Follows"],
        )
        posts.write_row(2, 0, ["Hello", "01/30/2026", 9000, 20, 800, 70, 60, 50, 4])
    assert measured(read_social(path)) == CONTENT


def test_posts_of_facebook(saved):
    table = read_social(saved(
        "Post ID,Page name,Title,Publish time,Post type,Impressions,Reach,Reactions,Comments,Shares,Total clicks\n"
        "1,Demo,One,01/15/2026 10:00,Photo,1000,900,20,3,2,40\n2,Demo,Two,02/20/2026 11:00,Link,500,450,5,0,1,25\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Facebook", JANUARY): {"impressions": 1000, "reactions": 20, "comments": 3, "shares": 2, "clicks": 40},
        ("Facebook", FEBRUARY): {"impressions": 500, "reactions": 5, "comments": 0, "shares": 1, "clicks": 25},
    }


def test_facebook_insights_describe_their_columns_in_a_second_line(saved):
    table = read_social(saved(
        "Date,Lifetime Total Likes,Daily New Likes,Daily Total Impressions\n"
        ",Lifetime: The total number of people who like your Page,Daily: New people,Daily: Times content was shown\n"
        "2026-01-30,500,2,100\n2026-01-31,503,3,120\n2026-02-01,502,0,90\n"
    ))  # fmt: skip
    assert measured(table) == {
        ("Facebook", JANUARY): {"followers": 503, "new_followers": 5, "impressions": 220},
        ("Facebook", FEBRUARY): {"followers": 502, "new_followers": 0, "impressions": 90},
    }


def test_several_networks_in_polish(saved):
    table = read_social(saved(
        "Miesiąc;Sieć;Obserwujący;Wyświetlenia;Reakcje;Komentarze;Udostępnienia;Kliknięcia\n"
        "2026-01;LinkedIn;1 500;10 000;120;10;8;300\n2026-01;Facebook;2 000;8 000;90;12;3;150\n"
        "Razem;;;18 000;210;22;11;450\n",
        "cp1250",
    ))  # fmt: skip
    assert measured(table) == {
        ("LinkedIn", JANUARY): {
            "followers": 1500, "impressions": 10000, "reactions": 120, "comments": 10, "shares": 8, "clicks": 300,
        },
        ("Facebook", JANUARY): {
            "followers": 2000, "impressions": 8000, "reactions": 90, "comments": 12, "shares": 3, "clicks": 150,
        },
    }  # fmt: skip


def test_a_page_in_russian(saved):
    table = read_social(saved(
        "Дата;Подписчики;Показы;Лайки;Комментарии;Репосты\n05.01.2026;100;1000;10;2;1\n06.01.2026;101;500;4;1;0\n",
        "cp1251",
        name="VK отчёт.csv",
    ))  # fmt: skip
    assert measured(table) == {
        ("VK", JANUARY): {"followers": 101, "impressions": 1500, "reactions": 14, "comments": 3, "shares": 1},
    }


def test_a_network_that_nothing_names_has_no_name():
    rows = [["Date", "Impressions", "Reactions", "Comments"], ["2026-01-05", 100, 3, 2]]
    assert [row.label for row in read_report_frame(rows, "social").rows] == [None]


def test_followers_at_the_end_of_a_week_are_those_of_the_month_it_ends_in(saved):
    weeks = "Week,Page,Total followers\n2026-01-26,P,100\n2026-02-02,P,101\n2026-02-09,P,103\n"
    [row] = read_social(saved(weeks)).rows
    assert (row.month, dict(row.values)) == (FEBRUARY, {"followers": 103.0})


def test_a_first_column_that_tells_nothing_ends_where_its_table_does(saved):
    head = "Note,Date,Impressions (total),Clicks (total)\n"
    content = head + "k,01/30/2026,100,5\nl,01/31/2026,50,2\n" + head + "x,02/03/2026,1,1\n" * 5
    table = read_social(saved(content))
    [row] = table.rows
    assert (row.month, dict(row.values)) == (JANUARY, {"impressions": 150.0, "clicks": 7.0})
    assert kinds(table) == {"other_tables": 1}
