//! Networks and addresses: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`.
//!
//! Numbers with leading zeros are decimal, as Terraform kept them, and an IPv4 network
//! written as IPv6 (`::ffff:10.0.0.0/104`) is an IPv4 network.
//! Invariant: a subnet lies inside its network.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::number::number;
use super::text::{strings, whole};
use super::{Answer, Fault, Function, Kind, parameter, row, string, text_value, variadic};
use crate::config::value::Value;

pub(super) const TABLE: &[Function] = &[
    row("cidrhost", &[parameter("prefix", Kind::String), parameter("hostnum", Kind::Number)], |a, _| host(a)),
    row("cidrnetmask", &[parameter("prefix", Kind::String)], |a, _| netmask(a)),
    row(
        "cidrsubnet",
        &[
            parameter("prefix", Kind::String),
            parameter("newbits", Kind::Number),
            parameter("netnum", Kind::Number),
        ],
        |a, _| subnet(a),
    ),
    variadic(
        "cidrsubnets",
        &[parameter("prefix", Kind::String)],
        parameter("newbits", Kind::Number),
        |a, _| subnets(a),
    ),
];

/// A network: its first address, the length of its prefix, the length of its addresses.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    prefix: u32,
    bits: u32,
}

const IPV4_IN_IPV6: u128 = 0xffff_0000_0000;

impl Network {
    fn new(address: u128, prefix: u32, bits: u32) -> Network {
        let host_bits = bits - prefix;
        let first = address.checked_shr(host_bits).and_then(|net| net.checked_shl(host_bits)).unwrap_or(0);
        if bits == 128 && prefix >= 96 && first >> 32 == IPV4_IN_IPV6 >> 32 {
            return Network { first: first & 0xffff_ffff, prefix: prefix - 96, bits: 32 };
        }
        Network { first, prefix, bits }
    }

    fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = Some(prefix).filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
        let (address, bits) = match address.contains(':') {
            true => (u128::from(address.parse::<Ipv6Addr>().ok()?), 128),
            false => (u128::from(u32::from(ipv4(address)?)), 32),
        };
        (prefix <= bits).then(|| Network::new(address, prefix, bits))
    }

    fn address(&self, address: u128) -> String {
        match u32::try_from(address) {
            Ok(short) if self.bits == 32 => Ipv4Addr::from(short).to_string(),
            _ => Ipv6Addr::from(address).to_string(),
        }
    }

    fn text(&self) -> String {
        format!("{}/{}", self.address(self.first), self.prefix)
    }

    /// The last address.
    fn last(&self) -> u128 {
        self.first | ones(self.bits - self.prefix)
    }
}

fn ones(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |power| power - 1)
}

/// Four decimal numbers; the standard library refuses leading zeros.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let part = |part: &str| match part.len() {
        1..=3 if part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u8>().ok(),
        _ => None,
    };
    let parts: Vec<u8> = text.split('.').map(part).collect::<Option<_>>()?;
    <[u8; 4]>::try_from(parts).ok().map(Ipv4Addr::from)
}

fn network(arguments: &[Value]) -> Result<Network, Fault> {
    let text = string(arguments, 0);
    Network::parse(text)
        .ok_or_else(|| Fault::Call(format!("invalid CIDR expression: invalid CIDR address: {text}")))
}

/// A whole number that may be larger than a machine word, for IPv6.
fn large(arguments: &[Value], at: usize) -> Result<i128, Fault> {
    let given = number(arguments, at);
    let whole = Some(given.to_string()).filter(|_| given.is_whole()).and_then(|text| text.parse().ok());
    whole.ok_or_else(|| Fault::Call("value must be a whole number".to_owned()))
}

fn host(arguments: &[Value]) -> Answer {
    let number = large(arguments, 1)?;
    let network = network(arguments)?;
    let most = ones(network.bits - network.prefix);
    // Below zero it counts from the end: -1 is the last.
    let steps = if number < 0 { number.unsigned_abs() - 1 } else { number.unsigned_abs() };
    if steps > most {
        let prefix = network.prefix;
        // As Terraform counts: from the beginning.
        let size = i128::try_from(most).map_or(0, |most| most + 1);
        let host = if number < 0 { number + size } else { number };
        let problem = format!("prefix of {prefix} does not accommodate a host numbered {host}");
        return Err(Fault::Call(problem));
    }
    text_value(network.address(network.first + if number < 0 { most - steps } else { steps }))
}

fn netmask(arguments: &[Value]) -> Answer {
    let network = network(arguments)?;
    if network.bits != 32 {
        let problem = format!("IPv6 addresses cannot have a netmask: {}", string(arguments, 0));
        return Err(Fault::Call(problem));
    }
    text_value(network.address(ones(32) & !ones(32 - network.prefix)))
}

fn subnet(arguments: &[Value]) -> Answer {
    let new_bits = whole(arguments, 1)?;
    let number = large(arguments, 2)?;
    let network = network(arguments)?;
    let new_bits = u32::try_from(new_bits)
        .map_err(|_| Fault::Argument(1, "the prefix cannot become shorter".to_owned()))?;
    let Some(prefix) = network.prefix.checked_add(new_bits).filter(|prefix| *prefix <= network.bits) else {
        let problem =
            format!("insufficient address space to extend prefix of {} by {new_bits}", network.prefix);
        return Err(Fault::Call(problem));
    };
    let Some(number) = u128::try_from(number).ok().filter(|number| *number <= ones(new_bits)) else {
        let problem =
            format!("prefix extension of {new_bits} does not accommodate a subnet numbered {number}");
        return Err(Fault::Call(problem));
    };
    let offset = number.checked_shl(network.bits - prefix).unwrap_or(0);
    text_value(Network::new(network.first | offset, prefix, network.bits).text())
}

/// Subnets one after the other, each beginning at the next address that its size allows.
fn subnets(arguments: &[Value]) -> Answer {
    let network = network(arguments)?;
    let mut next = Some(network.first);
    let mut before = network.text();
    let mut found = Vec::new();
    for at in 1..arguments.len() {
        let fault = |problem: &str| Fault::Argument(at, problem.to_owned());
        let new_bits = match u32::try_from(whole(arguments, at)?) {
            Err(_) | Ok(0) => return Err(fault("must extend prefix by at least one bit")),
            Ok(bits) if bits > 32 => return Err(fault("may not extend prefix by more than 32 bits")),
            Ok(bits) => bits,
        };
        let prefix = network.prefix + new_bits;
        if prefix > network.bits {
            let protocol = if network.bits == 32 { "IPv4" } else { "IPv6" };
            let problem =
                format!("would extend prefix to {prefix} bits, which is too long for an {protocol} address");
            return Err(fault(&problem));
        }
        let size = ones(network.bits - prefix);
        let aligned = next.and_then(|next| next.checked_add(size)).map(|end| end & !size);
        let Some(first) = aligned.filter(|first| *first <= network.last()) else {
            let problem = format!(
                "not enough remaining address space for a subnet with a prefix of {prefix} bits after {before}"
            );
            return Err(fault(&problem));
        };
        let subnet = Network { first, prefix, bits: network.bits };
        next = subnet.last().checked_add(1);
        before = subnet.text();
        found.push(before.clone());
    }
    Ok(strings(found.iter().map(String::as_str)))
}
