//! The network of a prepared image's containers.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::InspectNetworkOptions;

use super::client::Client;
use super::holder::Maker;
use super::holders::Holders;
use crate::EngineError;

pub(crate) enum Network {
    /// Each container has one of its own, that leads to its services and nowhere else.
    Held(Box<Holders>),
    /// All share one of the daemon's, that leads everywhere: where the daemon's containers are out of this machine's reach.
    Bridge(Bridge),
}

/// A network of the daemon's; removed when dropped.
pub(crate) struct Bridge {
    pub(crate) client: Arc<Client>,
    pub(crate) id: String,
    pub(crate) gateway: IpAddr,
    /// Why there are no holders.
    pub(crate) reason: String,
}

impl Network {
    pub(crate) fn make(
        client: &Arc<Client>,
        helper: &Path,
        data: Option<&Path>,
        run: &str,
        labels: &HashMap<String, String>,
    ) -> Result<Self, EngineError> {
        match Maker::new(client, helper, data, labels).and_then(Holders::new) {
            Ok(holders) => Ok(Self::Held(Box::new(holders))),
            Err(error) => Bridge::make(client, run, labels, error.to_string()).map(Self::Bridge),
        }
    }

    /// Where a server must listen so that containers reach it as a service.
    pub(crate) fn gateway(&self) -> IpAddr {
        match self {
            Self::Held(_) => Ipv4Addr::LOCALHOST.into(),
            Self::Bridge(bridge) => bridge.gateway,
        }
    }
}

impl Bridge {
    fn make(
        client: &Arc<Client>,
        run: &str,
        labels: &HashMap<String, String>,
        reason: String,
    ) -> Result<Self, EngineError> {
        let request = NetworkCreateRequest {
            name: format!("seaworthy-{run}"),
            driver: Some("bridge".to_owned()),
            labels: Some(labels.clone()),
            ..NetworkCreateRequest::default()
        };
        let created = client.call("make a network", client.docker.create_network(request))?;
        // Made before its address is known, so that it is removed if that fails.
        let mut bridge =
            Self { client: Arc::clone(client), id: created.id, gateway: IpAddr::from([0, 0, 0, 0]), reason };
        let inspected = client
            .call("inspect the network", client.docker.inspect_network(&bridge.id, None::<InspectNetworkOptions>))?;
        let configs = inspected.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        let gateways = configs.iter().filter_map(|config| config.gateway.as_deref()?.split('/').next()?.parse().ok());
        let gateway = gateways
            .min_by_key(IpAddr::is_ipv6)
            .ok_or_else(|| client.failure("make a network", "it has no gateway".to_owned()))?;
        bridge.gateway = gateway;
        Ok(bridge)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.client.block(self.client.docker.remove_network(&self.id));
    }
}
