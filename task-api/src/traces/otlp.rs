//! Spans, by OpenTelemetry's SDK: it gathers them in a bounded queue and sends them on a thread of its own. No request
//! waits for any of it.

use std::time::Duration;

use opentelemetry::{
    Context, KeyValue,
    trace::{
        SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
    },
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use reqwest::{blocking::Client, redirect};

pub use super::config::TracesConfig;
use crate::{
    error::chain,
    middleware::trace::{Trace, random},
    store::tls,
};

/// How long spans may wait for company.
const GATHER: Duration = Duration::from_secs(1);

/// How long the collector may take for a batch.
const SEND_TIME: Duration = Duration::from_secs(10);

/// How long what waits may still be sent when the service stops.
const LAST_MOMENT: Duration = Duration::from_millis(800);

/// The exporter, and whose spans they are.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Span {
    tracer: SdkTracer,
    context: Context,
}

tokio::task_local! {
    /// The request that is being answered, if its trace is kept.
    static REQUEST: (SdkTracer, Context);
}

impl Traces {
    /// Begins to send to the collector that `config` names. Not inside an async runtime: the client has one of its own.
    ///
    /// # Errors
    ///
    /// Fails if the authorities that it must believe cannot be read.
    pub(crate) fn start(config: &TracesConfig) -> Result<Self, String> {
        let tls = tls::client(&config.roots).map_err(|error| error.to_string())?;
        let client = Client::builder().tls_backend_preconfigured(tls).redirect(redirect::Policy::none());
        let client = client.timeout(SEND_TIME).build().map_err(|error| chain(&error))?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client).with_protocol(config.protocol);
        let exporter = exporter.with_endpoint(config.uri.to_string()).with_headers(config.headers.clone());
        let exporter = exporter.with_timeout(SEND_TIME).build().map_err(|error| chain(&error))?;
        let gathering = BatchConfigBuilder::default().with_scheduled_delay(GATHER).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(gathering).build())
            .with_sampler(config.sampler.clone())
            .with_resource(resource(&config.service))
            .build();
        let tracer = provider.tracer("task-api");
        Ok(Self { provider, tracer })
    }

    /// Begins a request's span, by the template of its path if there is such a path. The trace becomes that of the span.
    pub(crate) fn request(&self, method: &'static str, route: Option<&str>, trace: &mut Trace) -> Span {
        let (name, method) = if method == "other" { ("HTTP", "_OTHER") } else { (method, method) };
        let name = route.map_or_else(|| name.to_owned(), |route| format!("{name} {route}"));
        let mut attributes = vec![KeyValue::new("http.request.method", method)];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        let caller = trace.parent.map(|span| {
            let flags = if trace.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
            let (id, span) = (TraceId::from(trace.id), SpanId::from(span));
            Context::new().with_remote_span_context(SpanContext::new(id, span, flags, true, TraceState::NONE))
        });
        let parent = caller.unwrap_or_default();
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
        let context = parent.with_span(span.start_with_context(&self.tracer, &parent));
        let (span, context) = (context.span().span_context().clone(), context);
        let (id, part) = (span.trace_id().to_bytes(), span.span_id().to_bytes());
        trace.becomes(u128::from_be_bytes(id), u64::from_be_bytes(part), span.is_sampled());
        Span { tracer: self.tracer.clone(), context }
    }

    /// Sends what still waits, if that is a matter of a moment.
    pub(crate) fn stop(&self) {
        // What failed is in the log.
        let _ = self.provider.shutdown_with_timeout(LAST_MOMENT);
    }
}

impl Span {
    /// Answers the request, so that what is asked of the database is a part of it.
    pub(crate) async fn within<T>(&self, answer: impl Future<Output = T>) -> T {
        if !self.context.span().span_context().is_sampled() {
            return answer.await;
        }
        REQUEST.scope((self.tracer.clone(), self.context.clone()), answer).await
    }

    /// With the status of its answer.
    pub(crate) fn end(self, status: u16) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// Asks the database, and lets the request's trace tell of it.
pub(crate) async fn query<T, E>(
    system: &'static str,
    operation: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = REQUEST.try_with(|(tracer, request)| {
        let attributes = [("db.system.name", system), ("db.operation.name", operation), ("db.collection.name", "task")];
        let attributes = attributes.map(|(name, value)| KeyValue::new(name, value)).to_vec();
        let span = tracer.span_builder(format!("{operation} task")).with_kind(SpanKind::Client);
        request.with_span(span.with_attributes(attributes).start_with_context(tracer, request))
    });
    let answer = question.await;
    if let Ok(context) = begun {
        let span = context.span();
        if answer.is_err() {
            span.set_attribute(KeyValue::new("error.type", "_OTHER"));
            span.set_status(Status::error(""));
        }
        span.end();
    }
    answer
}

/// Who sends.
fn resource(service: &str) -> Resource {
    let instance = format!("{:016x}", random());
    let attributes = [("service.version", env!("CARGO_PKG_VERSION").to_owned()), ("service.instance.id", instance)];
    let attributes = attributes.map(|(name, value)| KeyValue::new(name, value));
    Resource::builder_empty().with_service_name(service.to_owned()).with_attributes(attributes).build()
}
