//! Where the callers of a project or a key may come from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{AddrParseError, IpNet};

/// The networks that callers may come from; any if there are none. As text they are separated by spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

impl AllowedNetworks {
    /// Whether a caller may come from an address. An IPv4 address that is written as one of IPv6 must have been made
    /// one of IPv4.
    pub fn admit(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }

    /// The networks; none if callers may come from any.
    pub fn as_slice(&self) -> &[IpNet] {
        &self.0
    }
}

impl FromIterator<IpNet> for AllowedNetworks {
    fn from_iter<T: IntoIterator<Item = IpNet>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl FromStr for AllowedNetworks {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        text.split_whitespace().map(str::parse).collect()
    }
}

impl fmt::Display for AllowedNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, network) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{network}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_admits_its_networks_and_an_empty_one_everybody() {
        let list: AllowedNetworks = "203.0.113.0/24 2001:db8::/32".parse().unwrap();
        for (address, admitted) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("203.0.114.0", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(list.admit(address), admitted, "{address}");
            assert!(AllowedNetworks::default().admit(address));
        }
    }

    #[test]
    fn a_list_is_written_as_it_is_read() {
        for text in ["", "203.0.113.7/32", "203.0.113.0/24 2001:db8::/32"] {
            assert_eq!(text.parse::<AllowedNetworks>().unwrap().to_string(), text);
        }
        assert!("203.0.113.0/33".parse::<AllowedNetworks>().is_err());
    }
}
