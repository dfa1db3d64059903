//! The checkers of `real_server` (`spec/checkers.md`).

mod bfd;
mod common;
mod dns;
mod file;
mod http;
mod misc;
mod plain;
mod smtp;
mod udp;
mod url;

use super::Keyword;
use super::effect::IPVS;
use crate::lower::RealServerDraft;

type Row = Keyword<RealServerDraft>;

pub(super) static KEYWORDS: &[Row] = &[
    Row::block("TCP_CHECK", "", &plain::TCP_CHECK, plain::tcp)
        .means("A connection can be made")
        .effect(IPVS),
    Row::block("HTTP_GET", "", &http::HTTP_GET, http::http)
        .means("Pages are there and as expected")
        .effect(IPVS),
    Row::block("SSL_GET", "", &http::SSL_GET, http::ssl)
        .means("Pages are there and as expected, over TLS")
        .effect(IPVS),
    Row::block("SMTP_CHECK", "", &smtp::SMTP_CHECK, smtp::read)
        .means("A mail server greets and answers HELO")
        .effect(IPVS),
    Row::block("DNS_CHECK", "", &dns::DNS_CHECK, dns::read)
        .means("A query is answered without an error")
        .effect(IPVS),
    Row::block("UDP_CHECK", "", &udp::UDP_CHECK, udp::read)
        .means("A datagram is not refused, or is answered as expected")
        .effect(IPVS),
    Row::block("PING_CHECK", "", &plain::PING_CHECK, plain::ping)
        .means("An echo request is answered")
        .effect(IPVS),
    Row::block("MISC_CHECK", "", &misc::MISC_CHECK, misc::read)
        .means("A command ends with status 0")
        .effect(IPVS),
    Row::block("FILE_CHECK", "", &file::FILE_CHECK, file::read)
        .means("The number in a track_file is added to the weight")
        .effect(IPVS),
    Row::block("BFD_CHECK", "", &bfd::BFD_CHECK, bfd::read)
        .means("A BFD session is up")
        .effect(IPVS),
];
