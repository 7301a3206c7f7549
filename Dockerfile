# The suite, and the reference server: `docker run IMAGE run …`, `docker run -p 8000:8000 IMAGE serve --host 0.0.0.0`.
FROM python:3.12-slim AS build
WORKDIR /suite
COPY pyproject.toml README.md LICENSE ./
COPY conformance conformance
COPY specs specs
COPY fixtures fixtures
RUN python -m venv /opt/llm-conformance \
 && /opt/llm-conformance/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.12-slim
LABEL org.opencontainers.image.title="llm-conformance" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --create-home --uid 10001 conformance
COPY --from=build /opt/llm-conformance /opt/llm-conformance
ENV PATH="/opt/llm-conformance/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/conformance
EXPOSE 8000
# Any answer on the server's port says that it is up; a container that does not serve is not asked.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "import os, socket; served = b'serve' in open('/proc/1/cmdline', 'rb').read().split(b'\\0'); served and socket.create_connection(('127.0.0.1', int(os.environ.get('PORT', '8000'))), 2).close()"]
ENTRYPOINT ["llm-conformance"]
CMD ["--help"]
