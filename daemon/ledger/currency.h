/* The currencies that there are: the codes of ISO 4217 that somebody pays with. */
#ifndef ASKD_LEDGER_CURRENCY_H
#define ASKD_LEDGER_CURRENCY_H

#include <stddef.h>

/* code, the same in small letters; in the order of the alphabet, by which they are found */
#define CURRENCY_MAP(X)                                                                                                \
    X(AED, aed)                                                                                                        \
    X(AFN, afn)                                                                                                        \
    X(ALL, all)                                                                                                        \
    X(AMD, amd)                                                                                                        \
    X(AOA, aoa)                                                                                                        \
    X(ARS, ars)                                                                                                        \
    X(AUD, aud)                                                                                                        \
    X(AWG, awg)                                                                                                        \
    X(AZN, azn)                                                                                                        \
    X(BAM, bam)                                                                                                        \
    X(BBD, bbd)                                                                                                        \
    X(BDT, bdt)                                                                                                        \
    X(BHD, bhd)                                                                                                        \
    X(BIF, bif)                                                                                                        \
    X(BMD, bmd)                                                                                                        \
    X(BND, bnd)                                                                                                        \
    X(BOB, bob)                                                                                                        \
    X(BRL, brl)                                                                                                        \
    X(BSD, bsd)                                                                                                        \
    X(BTN, btn)                                                                                                        \
    X(BWP, bwp)                                                                                                        \
    X(BYN, byn)                                                                                                        \
    X(BZD, bzd)                                                                                                        \
    X(CAD, cad)                                                                                                        \
    X(CDF, cdf)                                                                                                        \
    X(CHF, chf)                                                                                                        \
    X(CLP, clp)                                                                                                        \
    X(CNY, cny)                                                                                                        \
    X(COP, cop)                                                                                                        \
    X(CRC, crc)                                                                                                        \
    X(CUP, cup)                                                                                                        \
    X(CVE, cve)                                                                                                        \
    X(CZK, czk)                                                                                                        \
    X(DJF, djf)                                                                                                        \
    X(DKK, dkk)                                                                                                        \
    X(DOP, dop)                                                                                                        \
    X(DZD, dzd)                                                                                                        \
    X(EGP, egp)                                                                                                        \
    X(ERN, ern)                                                                                                        \
    X(ETB, etb)                                                                                                        \
    X(EUR, eur)                                                                                                        \
    X(FJD, fjd)                                                                                                        \
    X(FKP, fkp)                                                                                                        \
    X(GBP, gbp)                                                                                                        \
    X(GEL, gel)                                                                                                        \
    X(GHS, ghs)                                                                                                        \
    X(GIP, gip)                                                                                                        \
    X(GMD, gmd)                                                                                                        \
    X(GNF, gnf)                                                                                                        \
    X(GTQ, gtq)                                                                                                        \
    X(GYD, gyd)                                                                                                        \
    X(HKD, hkd)                                                                                                        \
    X(HNL, hnl)                                                                                                        \
    X(HTG, htg)                                                                                                        \
    X(HUF, huf)                                                                                                        \
    X(IDR, idr)                                                                                                        \
    X(ILS, ils)                                                                                                        \
    X(INR, inr)                                                                                                        \
    X(IQD, iqd)                                                                                                        \
    X(IRR, irr)                                                                                                        \
    X(ISK, isk)                                                                                                        \
    X(JMD, jmd)                                                                                                        \
    X(JOD, jod)                                                                                                        \
    X(JPY, jpy)                                                                                                        \
    X(KES, kes)                                                                                                        \
    X(KGS, kgs)                                                                                                        \
    X(KHR, khr)                                                                                                        \
    X(KMF, kmf)                                                                                                        \
    X(KPW, kpw)                                                                                                        \
    X(KRW, krw)                                                                                                        \
    X(KWD, kwd)                                                                                                        \
    X(KYD, kyd)                                                                                                        \
    X(KZT, kzt)                                                                                                        \
    X(LAK, lak)                                                                                                        \
    X(LBP, lbp)                                                                                                        \
    X(LKR, lkr)                                                                                                        \
    X(LRD, lrd)                                                                                                        \
    X(LSL, lsl)                                                                                                        \
    X(LYD, lyd)                                                                                                        \
    X(MAD, mad)                                                                                                        \
    X(MDL, mdl)                                                                                                        \
    X(MGA, mga)                                                                                                        \
    X(MKD, mkd)                                                                                                        \
    X(MMK, mmk)                                                                                                        \
    X(MNT, mnt)                                                                                                        \
    X(MOP, mop)                                                                                                        \
    X(MRU, mru)                                                                                                        \
    X(MUR, mur)                                                                                                        \
    X(MVR, mvr)                                                                                                        \
    X(MWK, mwk)                                                                                                        \
    X(MXN, mxn)                                                                                                        \
    X(MYR, myr)                                                                                                        \
    X(MZN, mzn)                                                                                                        \
    X(NAD, nad)                                                                                                        \
    X(NGN, ngn)                                                                                                        \
    X(NIO, nio)                                                                                                        \
    X(NOK, nok)                                                                                                        \
    X(NPR, npr)                                                                                                        \
    X(NZD, nzd)                                                                                                        \
    X(OMR, omr)                                                                                                        \
    X(PAB, pab)                                                                                                        \
    X(PEN, pen)                                                                                                        \
    X(PGK, pgk)                                                                                                        \
    X(PHP, php)                                                                                                        \
    X(PKR, pkr)                                                                                                        \
    X(PLN, pln)                                                                                                        \
    X(PYG, pyg)                                                                                                        \
    X(QAR, qar)                                                                                                        \
    X(RON, ron)                                                                                                        \
    X(RSD, rsd)                                                                                                        \
    X(RUB, rub)                                                                                                        \
    X(RWF, rwf)                                                                                                        \
    X(SAR, sar)                                                                                                        \
    X(SBD, sbd)                                                                                                        \
    X(SCR, scr)                                                                                                        \
    X(SDG, sdg)                                                                                                        \
    X(SEK, sek)                                                                                                        \
    X(SGD, sgd)                                                                                                        \
    X(SHP, shp)                                                                                                        \
    X(SLE, sle)                                                                                                        \
    X(SOS, sos)                                                                                                        \
    X(SRD, srd)                                                                                                        \
    X(SSP, ssp)                                                                                                        \
    X(STN, stn)                                                                                                        \
    X(SVC, svc)                                                                                                        \
    X(SYP, syp)                                                                                                        \
    X(SZL, szl)                                                                                                        \
    X(THB, thb)                                                                                                        \
    X(TJS, tjs)                                                                                                        \
    X(TMT, tmt)                                                                                                        \
    X(TND, tnd)                                                                                                        \
    X(TOP, top)                                                                                                        \
    X(TRY, try)                                                                                                        \
    X(TTD, ttd)                                                                                                        \
    X(TWD, twd)                                                                                                        \
    X(TZS, tzs)                                                                                                        \
    X(UAH, uah)                                                                                                        \
    X(UGX, ugx)                                                                                                        \
    X(USD, usd)                                                                                                        \
    X(UYU, uyu)                                                                                                        \
    X(UZS, uzs)                                                                                                        \
    X(VED, ved)                                                                                                        \
    X(VES, ves)                                                                                                        \
    X(VND, vnd)                                                                                                        \
    X(VUV, vuv)                                                                                                        \
    X(WST, wst)                                                                                                        \
    X(XAF, xaf)                                                                                                        \
    X(XCD, xcd)                                                                                                        \
    X(XCG, xcg)                                                                                                        \
    X(XOF, xof)                                                                                                        \
    X(XPF, xpf)                                                                                                        \
    X(YER, yer)                                                                                                        \
    X(ZAR, zar)                                                                                                        \
    X(ZMW, zmw)                                                                                                        \
    X(ZWG, zwg)

enum currency {
#define X(code, small) CURRENCY_##code,
    CURRENCY_MAP(X)
#undef X
        CURRENCY_COUNT /* none of them */
};

/* In any case of letters; CURRENCY_COUNT if there is none such. */
enum currency currency_find(const char *code);
/* "USD"; NULL for CURRENCY_COUNT. */
const char *currency_code(enum currency c);

#endif
