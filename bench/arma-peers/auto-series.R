# Writes the 76 series of bench/auto-arima.ts into a directory: 28 annual, 24 quarterly and 24 monthly ones that come with
# R (datasets) and with its packages forecast, tseries, AER and lmtest. One `name,kind,period` line each in series.csv.
directory <- commandArgs(trailingOnly = TRUE)[1]
# Objects of a package's data sets by their names; `from` is the set that holds them where it is called otherwise.
named <- function(package, names, from = names) {
  e <- new.env()
  suppressWarnings(data(list = from, package = package, envir = e))
  mget(names, e)
}
columns <- function(package, name, columns) {
  x <- named(package, name)[[1]]
  out <- lapply(columns, function(c) x[, c])
  names(out) <- paste(name, columns, sep = ".")
  out
}

nelson <- named("tseries", "NelPlo")$NelPlo
nelson <- sapply(colnames(nelson), function(c) na.omit(as.numeric(nelson[, c])), simplify = FALSE)
names(nelson) <- paste("NelPlo", names(nelson), sep = ".")
annual <- c(
  lapply(
    list(LakeHuron = LakeHuron, Nile = Nile, discoveries = discoveries, lynx = lynx, nhtemp = nhtemp,
      sunspot.year = sunspot.year, airmiles = airmiles, uspop = uspop, lh = lh, WWWusage = WWWusage, BJsales = BJsales),
    as.numeric),
  nelson,
  columns("lmtest", "ChickEgg", c("chicken", "egg")),
  named("AER", "MotorCycles"))

economic <- named("tseries", "USeconomic")$USeconomic
economic <- list(USeconomic.M1 = economic[, 1], USeconomic.GNP = economic[, 2], USeconomic.rs = economic[, 3],
  USeconomic.rl = economic[, 4])
quarterly <- c(
  list(JohnsonJohnson = JohnsonJohnson, UKgas = UKgas, austres = austres, presidents = presidents,
    freeny.y = freeny.y, woolyrnq = forecast::woolyrnq),
  economic,
  named("AER", c("ArgentinaCPI", "UKNonDurables")),
  columns("urca", "UKconsumption", c("cons", "inc")),
  columns("AER", "GermanUnemployment", c("unadjusted", "adjusted")),
  columns("AER", "USMacroG", c("gdp", "consumption", "unemp", "tbill")),
  columns("AER", "USProdIndex", c("unadjusted", "adjusted")),
  columns("AER", "UKInflation", "actual"),
  columns("AER", "USMacroSW", "ffrate"))

monthly <- c(
  list(AirPassengers = AirPassengers, USAccDeaths = USAccDeaths, UKDriverDeaths = UKDriverDeaths, nottem = nottem,
    co2 = co2, wineind = forecast::wineind, gas = forecast::gas, ldeaths = ldeaths, mdeaths = mdeaths),
  columns("datasets", "Seatbelts", c("DriversKilled", "front", "rear", "kms", "VanKilled")),
  columns("AER", "PepperPrice", c("black", "white")),
  lapply(c(named("tseries", "nino3", "nino"), named("tseries", c("tcm1y", "tcm10y"), "tcm"), columns("AER", "FrozenJuice", "price"),
    columns("lmtest", "fyff", "y"), columns("lmtest", "ip", "y"), columns("lmtest", "lhur", "y")), tail, 200),
  named("AER", "BondYield"))

kinds <- list(annual = list(annual, 1), quarterly = list(quarterly, 4), monthly = list(monthly, 12))
index <- NULL
for (kind in names(kinds)) for (name in names(kinds[[kind]][[1]])) {
  x <- as.numeric(kinds[[kind]][[1]][[name]])
  # 17 digits: exactly the same doubles for everyone.
  writeLines(ifelse(is.na(x), "NaN", sprintf("%.17g", x)), file.path(directory, paste0(name, ".txt")))
  index <- c(index, paste(name, kind, kinds[[kind]][[2]], sep = ","))
}
writeLines(index, file.path(directory, "series.csv"))
