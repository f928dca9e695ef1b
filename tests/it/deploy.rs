//! What is deployed fits the program: settings load, ports and probes are those of the code, and
//! nobody is killed before it has drained.

use std::path::{Path, PathBuf};

use rentezy::config::Config;
use serde::de::Deserialize as _;
use serde_norway::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path))
        .unwrap()
}

/// The documents of a file, with what is merged into them.
fn documents(path: &str) -> Vec<Value> {
    let text = read(path);
    serde_norway::Deserializer::from_str(&text)
        .map(|document| {
            let mut value = Value::deserialize(document).unwrap();
            value.apply_merge().unwrap();
            value
        })
        .collect()
}

fn kind<'a>(documents: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is = |document: &&Value| document["kind"] == kind && document["metadata"]["name"] == name;
    documents.iter().find(is).unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// A settings file of the folder, with the variables that are set beside it.
fn config(file: &str, variables: &[(&str, &str)]) -> Config {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), variables).unwrap_or_else(|error| panic!("{file}: {error}"))
}

const OWN: &[(&str, &str)] = &[
    ("RENTEZY_DATABASE_URL", "postgres://rentezy:secret@postgres/rentezy"),
    ("RENTEZY_SERVER_SECRET", "0123456789abcdef0123456789abcdef"),
    ("RENTEZY_OPERATOR_TOKEN", "0123456789abcdef0123456789abcdef"),
    ("RENTEZY_CLUSTER_NAME", "a"),
    ("RENTEZY_CLUSTER_ADVERTISE", "a:7400"),
    ("RENTEZY_CLUSTER_CERTIFICATE", "/etc/rentezy/certs/a.pem"),
    ("RENTEZY_CLUSTER_KEY", "/etc/rentezy/certs/a-key.pem"),
];

/// Public, operators', cluster.
fn ports(config: &Config) -> [u64; 3] {
    let port = |address: Option<std::net::SocketAddr>| u64::from(address.unwrap().port());
    [port(Some(config.server.listen)), port(config.operator.listen), port(config.cluster.listen)]
}

/// Seconds that a server may take from the signal on.
fn end(config: &Config) -> u64 {
    config.cluster.leave_s.max(config.server.drain_s) + config.server.drain_s
}

fn seconds(text: &Value) -> u64 {
    text.as_str().and_then(|text| text.strip_suffix('s')).unwrap().parse().unwrap()
}

#[test]
fn the_examples_are_settings() {
    let mail = ("RENTEZY_MAIL_SMTP_URL", "smtps://user:password@mail.example.com");
    assert!(config("one.toml", &[mail]).cluster.listen.is_none());
    for file in ["three.toml", "many.toml"] {
        assert!(config(file, OWN).cluster.listen.is_some(), "{file}");
    }
}

#[test]
fn the_image_has_the_ports_of_the_settings() {
    let image = read("Containerfile");
    let [public, operator, cluster] = ports(&config("three.toml", OWN));
    assert!(image.contains(&format!("EXPOSE {public} {operator} {cluster}\n")), "{image}");
    assert!(image.contains("STOPSIGNAL SIGTERM"));
    let toolchain =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rust-toolchain.toml"));
    assert!(toolchain.unwrap().contains("channel"));
}

#[test]
fn the_composition_starts_what_the_settings_name() {
    let file = &documents("compose/compose.yaml")[0];
    let settings = config("three.toml", OWN);
    let balancer = read("compose/haproxy.cfg");
    let [public, _, cluster] = ports(&settings);
    assert!(balancer.contains("option httpchk GET /readyz"));
    for name in ["a", "b", "c"] {
        let server = &file["services"][name];
        let variable = |name: &str| server["environment"][name].as_str().unwrap().to_owned();
        assert_eq!(variable("RENTEZY_CLUSTER_NAME"), name);
        assert_eq!(variable("RENTEZY_CLUSTER_ADVERTISE"), format!("{name}:{cluster}"));
        assert!(variable("RENTEZY_CLUSTER_CERTIFICATE").ends_with(&format!("/{name}.pem")));
        let environment = server["environment"].as_mapping().unwrap();
        for key in environment.keys().map(|key| key.as_str().unwrap()) {
            let known = rentezy::config::keys().any(|known| known.variable() == key);
            assert!(known, "{key} is no setting");
        }
        assert!(seconds(&server["stop_grace_period"]) > end(&settings), "{name}");
        assert!(balancer.contains(&format!("server {name} {name}:{public} check")));
    }
    let balanced = file["services"]["balancer"]["ports"][0].as_str().unwrap();
    assert_eq!(balanced, "8080:8080");
    assert!(balancer.contains("bind :8080"));
}

#[test]
fn the_manifests_fit_the_code() {
    let all = documents("kubernetes/rentezy.yaml");
    let settings = config("many.toml", OWN);
    let [public, operator, cluster] = ports(&settings);
    let pod = &kind(&all, "StatefulSet", "rentezy")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let named = |name: &str| {
        let ports = container["ports"].as_sequence().unwrap();
        let port = ports.iter().find(|port| port["name"] == name).unwrap();
        port["containerPort"].as_u64().unwrap()
    };
    assert_eq!([named("http"), named("operator"), named("cluster")], [public, operator, cluster]);
    for (probe, path) in
        [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]
    {
        assert_eq!(container[probe]["httpGet"]["path"], path);
        assert_eq!(container[probe]["httpGet"]["port"], "http");
    }
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(grace > end(&settings), "{grace} s are too few for {} s", end(&settings));
    let before_stop = &container["lifecycle"]["preStop"]["exec"]["command"][2];
    assert!(before_stop.as_str().unwrap().contains("cluster drain"));
    let nodes = kind(&all, "Service", "rentezy-nodes");
    assert_eq!(nodes["spec"]["ports"][0]["port"].as_u64(), Some(cluster));
    assert_eq!(nodes["spec"]["publishNotReadyAddresses"], true);
    let environment = container["env"].as_sequence().unwrap();
    for variable in environment.iter().map(|variable| variable["name"].as_str().unwrap()) {
        let known = rentezy::config::keys().any(|known| known.variable() == variable);
        assert!(known, "{variable} is no setting");
    }
    let advertised = environment.iter().find(|it| it["name"] == "RENTEZY_CLUSTER_ADVERTISE");
    let advertised = advertised.unwrap()["value"].as_str().unwrap();
    assert_eq!(advertised, format!("$(RENTEZY_CLUSTER_NAME).rentezy-nodes:{cluster}"));
    let budget = kind(&all, "PodDisruptionBudget", "rentezy");
    assert_eq!(budget["spec"]["maxUnavailable"], 1);
    let scaled = &kind(&all, "HorizontalPodAutoscaler", "rentezy")["spec"];
    assert_eq!(scaled["scaleTargetRef"]["kind"], "StatefulSet");
    for mount in container["volumeMounts"].as_sequence().unwrap() {
        let path = mount["mountPath"].as_str().unwrap();
        let used = [&settings.cluster.key, &settings.cluster.authority]
            .into_iter()
            .flatten()
            .chain([&settings.server.data_dir])
            .any(|file| file.starts_with(path));
        assert!(used || path.ends_with("cluster.toml"), "nothing uses {path}");
    }
}
