//! Where spans go, by the flag and the variables of the OpenTelemetry specification. Pure.
//!
//! Read here is what must be right at the start: the address, how long to wait, and that nobody asks for what is not
//! spoken. The rest (sampler, batches, headers, resource) is read by the SDK.

use std::time::Duration;

use reqwest::Url;

/// The specification's default.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The samplers that the SDK knows; it would take everything for a name that it does not.
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

/// What the exporter needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Takes `POST` of traces.
    pub(super) endpoint: Url,
    /// For one request.
    pub(super) timeout: Duration,
}

/// The settings, or `None` when no collector is named. `variable` gives variables that are set and not empty.
///
/// # Errors
/// What is wrong, with its name, its value and what to write instead.
pub(super) fn read(
    flag: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Settings>, String> {
    let is = |name: &str, value: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    let off = is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
    let Some(endpoint) = endpoint(flag, off, &variable)? else { return Ok(None) };
    check_protocol(&variable)?;
    check_sampler(&variable)?;
    Ok(Some(Settings { endpoint, timeout: timeout(&variable)? }))
}

/// The flag goes before variables, and the variable of traces alone before that of all signals.
fn endpoint(
    flag: Option<&str>,
    off: bool,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Url>, String> {
    if let Some(base) = flag {
        return below("--otlp-endpoint", base).map(Some);
    }
    if off {
        return Ok(None);
    }
    let (traces, all) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
    if let Some(whole) = variable(traces) {
        return url(traces, &whole).map(Some);
    }
    variable(all).map(|base| below(all, &base)).transpose()
}

/// Of all signals: each has its own path below it.
fn below(name: &str, base: &str) -> Result<Url, String> {
    let mut url = url(name, base)?;
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

fn url(name: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        format!(
            "{name} is {text:?}, which is no http:// or https:// URL; write it like http://127.0.0.1:4318"
        )
    })
}

fn check_protocol(variable: &impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    let Some((name, protocol)) = names.into_iter().find_map(|name| Some((name, variable(name)?))) else {
        return Ok(());
    };
    if protocol == "http/protobuf" {
        return Ok(());
    }
    Err(format!(
        "{name} is {protocol:?}, but only http/protobuf is spoken; set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL to that, and \
         the endpoint to the collector's HTTP port (4318 by default)"
    ))
}

fn check_sampler(variable: &impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let Some(sampler) = variable("OTEL_TRACES_SAMPLER") else { return Ok(()) };
    if !SAMPLERS.contains(&sampler.as_str()) {
        return Err(format!("OTEL_TRACES_SAMPLER is {sampler:?}; write one of {}", SAMPLERS.join(", ")));
    }
    let ratio = variable("OTEL_TRACES_SAMPLER_ARG").unwrap_or_default();
    let right = ratio.parse().is_ok_and(|ratio: f64| (0.0..=1.0).contains(&ratio));
    if sampler.ends_with("traceidratio") && !right {
        return Err(format!(
            "OTEL_TRACES_SAMPLER_ARG is {ratio:?}; {sampler} needs a share from 0 to 1, like 0.1"
        ));
    }
    Ok(())
}

fn timeout(variable: &impl Fn(&str) -> Option<String>) -> Result<Duration, String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
    let Some((name, text)) = names.into_iter().find_map(|name| Some((name, variable(name)?))) else {
        return Ok(TIMEOUT);
    };
    let milliseconds =
        text.parse().map_err(|_| format!("{name} is {text:?}; write milliseconds, like 10000"))?;
    Ok(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn with(flag: Option<&str>, set: Variables<'_>) -> Result<Option<Settings>, String> {
        let value =
            |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        read(flag, value)
    }

    fn endpoint_of(flag: Option<&str>, set: Variables<'_>) -> Option<String> {
        with(flag, set).unwrap().map(|settings| settings.endpoint.to_string())
    }

    #[test]
    fn spans_go_nowhere_unless_a_collector_is_named() {
        assert_eq!(with(None, &[]), Ok(None));
        assert_eq!(with(None, &[("OTEL_SERVICE_NAME", "x"), ("OTEL_TRACES_SAMPLER", "nonsense")]), Ok(None));
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert_eq!(endpoint_of(None, &[all, off]), None);
            assert!(endpoint_of(Some("http://c:4318"), &[off]).is_some(), "a flag goes before variables");
        }
    }

    #[test]
    fn the_flag_goes_before_the_variable_of_traces_and_that_before_all_signals() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318/");
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces:9/x");
        assert_eq!(endpoint_of(None, &[all]).unwrap(), "http://all:4318/v1/traces");
        assert_eq!(endpoint_of(None, &[all, traces]).unwrap(), "https://traces:9/x");
        let flag = endpoint_of(Some("http://flag:4318/base"), &[all, traces]);
        assert_eq!(flag.unwrap(), "http://flag:4318/base/v1/traces");
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_name_its_value_and_what_to_write() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        let wrong: [(Variables<'_>, &[&str]); 6] = [
            (
                &[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")],
                &["ENDPOINT", "collector:4318", "http://127"],
            ),
            (
                &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "grpc://c")],
                &["TRACES_ENDPOINT", "grpc://c", "http://127"],
            ),
            (&[all, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], &["PROTOCOL", "grpc", "http/protobuf", "4318"]),
            (&[all, ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")], &["TIMEOUT", "10s", "milliseconds"]),
            (&[all, ("OTEL_TRACES_SAMPLER", "some")], &["OTEL_TRACES_SAMPLER", "some", "always_on"]),
            (
                &[all, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "10%")],
                &["OTEL_TRACES_SAMPLER_ARG", "10%", "0.1"],
            ),
        ];
        for (set, words) in wrong {
            let told = with(None, set).unwrap_err();
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }
}
