# Two images from one file; compose.yaml runs both.
#
#   docker build --tag thirdring .                            the service
#   docker build --tag thirdring-asterisk --target asterisk . an Asterisk for it
#
# Both run as user 8600, so that Asterisk can read the configuration that `thirdring render-asterisk` writes for it.

ARG DEBIAN=debian:bookworm-slim
# The first Debian whose Asterisk serves REST over the event websocket.
ARG DEBIAN_OF_ASTERISK=debian:forky-slim


FROM ${DEBIAN_OF_ASTERISK} AS asterisk

# The user comes first: Debian's package takes the one that is there.
RUN groupadd --gid 8600 asterisk \
    && useradd --uid 8600 --gid 8600 --home-dir /var/lib/asterisk --no-create-home --shell /usr/sbin/nologin asterisk \
    && apt-get update \
    && apt-get install --yes --no-install-recommends asterisk asterisk-core-sounds-en-wav asterisk-moh-opsound-wav \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /etc/asterisk/* \
    # Asterisk makes no directory itself, and answers 500 to a recording without spool/recording.
    && install --directory --owner asterisk --group asterisk \
        /etc/asterisk /run/asterisk /var/lib/asterisk /var/log/asterisk /var/spool/asterisk /var/spool/asterisk/recording

USER asterisk
VOLUME ["/var/lib/asterisk", "/var/spool/asterisk"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["asterisk", "-rx", "core waitfullybooted"]
ENTRYPOINT ["asterisk", "-f"]


FROM ${DEBIAN} AS build

RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /build
# pip stays behind in an environment of its own: nothing is installed at run time.
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/thirdring
ENV PATH=/build/tools/bin:$PATH
COPY requirements.lock ./
RUN pip --python /opt/thirdring/bin/python install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY dialplan dialplan
COPY ivr ivr
COPY metrics metrics
# The lock holds what builds the package, too; the image need not.
RUN pip --python /opt/thirdring/bin/python install --no-cache-dir --no-deps --no-build-isolation . \
    && pip --python /opt/thirdring/bin/python uninstall --yes editables hatchling packaging pathspec pluggy trove-classifiers


FROM ${DEBIAN} AS thirdring

# ca-certificates: an ARI or a database behind TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 8600 thirdring \
    && useradd --uid 8600 --gid 8600 --home-dir /var/lib/thirdring --no-create-home --shell /usr/sbin/nologin thirdring \
    && install --directory --owner thirdring --group thirdring --mode 0700 /var/lib/thirdring \
    # Where compose.yaml has it write the configuration of the other container.
    && install --directory --owner thirdring --group thirdring /etc/asterisk /etc/thirdring
COPY --from=build /opt/thirdring /opt/thirdring

ENV PATH=/opt/thirdring/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    THIRDRING_CACHE=/var/lib/thirdring/cache \
    THIRDRING_DATA_DIR=/var/lib/thirdring \
    THIRDRING_HOST=0.0.0.0 \
    THIRDRING_LOG_FORMAT=json \
    THIRDRING_PORT=8600 \
    THIRDRING_SITE=/etc/thirdring/site.yaml

USER thirdring
WORKDIR /var/lib/thirdring
VOLUME ["/var/lib/thirdring"]
EXPOSE 8600
STOPSIGNAL SIGTERM
# An answer means that the loop runs. Whether calls can be taken is another question: /health/ready.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD python3 -IS -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$THIRDRING_PORT/health/live', timeout=2)"
ENTRYPOINT ["thirdring"]
CMD ["up"]
