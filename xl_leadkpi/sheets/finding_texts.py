"""What each kind of finding of the quality list is called, and what it means, in the three languages."""

from __future__ import annotations

FINDING_TEXTS: dict[str, tuple[str, str, str]] = {
    # the file ---------------------------------------------------------------------------------------------------------
    "title_rows": ("Lines above the header skipped", "Pominięto wiersze nad nagłówkiem", "Пропущены строки над заголовком"),
    "encoding": ("Text encoding recognised", "Rozpoznane kodowanie tekstu", "Распознана кодировка текста"),
    "damaged_text": ("Rows with damaged characters", "Wiersze z uszkodzonymi znakami", "Строки с испорченными знаками"),
    "short_rows": ("Rows with too few cells", "Wiersze ze zbyt małą liczbą komórek", "Строки с недостающими ячейками"),
    "long_rows": ("Rows with too many cells", "Wiersze ze zbyt dużą liczbą komórek", "Строки с лишними ячейками"),
    "empty_rows": ("Empty rows skipped", "Pominięte puste wiersze", "Пропущены пустые строки"),
    "header_again": ("Repeated header rows skipped", "Pominięte powtórzone nagłówki", "Пропущены повторы заголовка"),
    "total_rows": ("Totals rows left out", "Pominięte wiersze sum", "Строки итогов не учтены"),
    # columns ----------------------------------------------------------------------------------------------------------
    "guessed_column": ("Column recognised without certainty", "Kolumna rozpoznana niepewnie", "Столбец распознан неуверенно"),
    "column_tie": ("Two columns fitted equally", "Pasowały dwie kolumny", "Подошли два столбца"),
    "refused_column": ("Column refused: its values do not fit", "Kolumna odrzucona: nie te wartości", "Столбец отклонён: не те значения"),
    "joined_on": ("Second table joined on", "Druga tabela połączona przez", "Вторая таблица соединена по"),
    "deals_without_lead": ("Deals without a lead", "Szanse bez leada", "Сделки без лида"),
    "several_deals": ("Leads with several deals", "Leady z wieloma szansami", "Лиды с несколькими сделками"),
    # rows -------------------------------------------------------------------------------------------------------------
    "duplicate_ids": ("Same ID again: one row kept", "Powtórzony ID: został jeden wiersz", "Повтор ID: оставлена одна строка"),
    "duplicate_emails": ("Same e-mail: merged", "Ten sam e-mail: połączone", "Тот же e-mail: объединены"),
    "same_email": ("Same e-mail under different IDs", "Ten sam e-mail, różne ID", "Один e-mail у разных ID"),
    "same_phone": ("Same phone under different IDs", "Ten sam telefon, różne ID", "Один телефон у разных ID"),
    "unknown_words": ("Unknown stage word, treated as Lead", "Nieznany etap, przyjęto Lead", "Неизвестный этап, принят за лид"),
    "contradictions": ("Status and stage or dates disagree", "Status przeczy etapowi lub datom", "Статус спорит с этапом или датой"),
    "won_without_date": ("Won without a date", "Wygrane bez daty", "Выигрыши без даты"),
    "won_without_amount": ("Won without an amount", "Wygrane bez kwoty", "Выигрыши без суммы"),
    "lost_without_reason": ("Lost without a reason", "Przegrane bez powodu", "Проигрыши без причины"),
    # dates ------------------------------------------------------------------------------------------------------------
    "no_created_date": ("No creation date", "Brak daty utworzenia", "Нет даты создания"),
    "as_of_latest": ("Counted as of the latest date", "Stan na najpóźniejszą datę", "Счёт на последнюю дату"),
    "date_order": ("Order of day and month", "Kolejność dnia i miesiąca", "Порядок дня и месяца"),
    "ambiguous_dates": ("Day or month first: not decidable", "Dzień czy miesiąc: nie do rozstrzygnięcia", "День или месяц первый: неясно"),
    "mixed_date_order": ("Both orders in one column: refused", "Obie kolejności w kolumnie: odrzucona", "Оба порядка в столбце: отклонён"),
    "unreadable_dates": ("Dates that cannot be read", "Nieczytelne daty", "Нечитаемые даты"),
    "impossible_dates": ("Dates that do not exist", "Daty nieistniejące", "Несуществующие даты"),
    "zero_dates": ("Placeholder dates taken as missing", "Daty zastępcze uznane za brak", "Даты-заглушки приняты за пустые"),
    "future_dates": ("Dates after the as-of day ignored", "Daty po dniu stanu pominięte", "Даты после дня счёта не учтены"),
    "times_dropped": ("Times of day dropped", "Pominięte godziny", "Время суток отброшено"),
    "negative_duration": ("Stage left before it was entered", "Etap opuszczony przed wejściem", "Этап покинут до входа"),
    "negative_response": ("Answered before the lead came", "Odpowiedź przed leadem", "Ответ раньше лида"),
    "meeting_order": ("Order of meeting and opportunity", "Kolejność spotkania i szansy", "Порядок встречи и сделки"),
    # money ------------------------------------------------------------------------------------------------------------
    "unparsed_amounts": ("Amounts that cannot be read", "Nieczytelne kwoty", "Нечитаемые суммы"),
    "ambiguous_amounts": ("Thousands or decimals: taken as thousands", "Tysiące czy ułamki: przyjęto tysiące", "Тысячи или дроби: приняты тысячи"),
    "negative_amounts": ("Negative amounts kept", "Zachowane kwoty ujemne", "Отрицательные суммы оставлены"),
    "mixed_currencies": ("Several currencies: no grand total", "Kilka walut: bez sumy ogólnej", "Несколько валют: без общего итога"),
    "currency_mismatch": ("Spend and amounts in different currencies", "Wydatki i kwoty w różnych walutach", "Расходы и суммы в разных валютах"),
    # spend and touches ------------------------------------------------------------------------------------------------
    "channel_from_file": ("Channel taken from the file", "Kanał z nazwy pliku", "Канал взят из файла"),
    "spend_without_date": ("Spend without a date", "Wydatki bez daty", "Расходы без даты"),
    "spend_range": ("Spend over more than one month", "Wydatki z ponad miesiąca", "Расходы более чем за месяц"),
    "weeks_split": ("Weekly spend split by days", "Wydatki tygodniowe podzielone na dni", "Недельные расходы разбиты по дням"),
    "spend_alias": ("Spend matched by a known alias", "Wydatki dopasowane przez alias", "Расходы сопоставлены по синониму"),
    "spend_by_campaign": ("Spend matched through its campaign", "Wydatki dopasowane przez kampanię", "Расходы сопоставлены по кампании"),
    "spend_unmatched": ("Spend without leads", "Wydatki bez leadów", "Расходы без лидов"),
    "spend_unallocated": ("Spend without a channel", "Wydatki bez kanału", "Расходы без канала"),
    "incomplete_touches": ("Touches without lead, time or channel", "Kontakty bez leada, czasu lub kanału", "Касания без лида, времени или канала"),
    "touch_without_lead": ("Touches of unknown leads", "Kontakty nieznanych leadów", "Касания неизвестных лидов"),
    "touch_after_conversion": ("Touches after the conversion ignored", "Kontakty po konwersji pominięte", "Касания после конверсии не учтены"),
}  # fmt: skip
