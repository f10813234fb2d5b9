# Aalen and Johansen's estimates and their standard errors by R's package survival, for test_incidence.py:
#   Rscript incidence_by_r.R > incidence_by_r.json
# The rows are in test_incidence.py too: ROWS says by which arithmetic both make them.
suppressMessages(library(survival))
i <- 0:399
days <- (i * 37 + (i %/% 7) * 11) %% 61
event <- c(0, 1, 1, 2, 0, 2, 1)[(i * 5 + i %/% 13) %% 7 + 1]
fit <- survfit(Surv(days + 0.5, factor(event, 0:2, c("open", "advanced", "lost"))) ~ 1)
at <- summary(fit, times = c(0, 5, 10, 20, 30, 45, 60) + 0.5, extend = TRUE)
rows <- cbind(at$time - 0.5, at$pstate, at$std.err)
lines <- apply(rows, 1, function(row) paste0("[", paste(sprintf("%.15g", row), collapse = ", "), "]"))
cat("[", paste(lines, collapse = ",\n "), "]\n", sep = "")
