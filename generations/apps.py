from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    name = "generations"

    def ready(self) -> None:
        """Tell the site, which knows nothing of replays, how they stand."""
        from dashboard.health import checks
        from dashboard.telemetry import row_figures
        from generations.replay import health, queue_figures

        row_figures.add(queue_figures.figures)
        checks.add(health.queue)
