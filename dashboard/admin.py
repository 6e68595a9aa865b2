"""Django's admin, for superusers only: who is who. No bodies, no credentials, and no replay is made here."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from dashboard.models import AuditEvent, GatewayConnection, Invitation, Membership, Team, User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline


class SuperuserSite(admin.AdminSite):
    """Signs in through the site's own page, with its limits. Models of other rooms are registered on `site`."""

    site_header = site_title = "Retake administration"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    @login_not_required
    def login(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Sends who is signed out to sign in; for others 403. Raises PermissionDenied."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("Only superusers may open the administration.")
        return redirect_to_login(request.GET.get("next", "/admin/"), resolve_url(settings.LOGIN_URL))


site = SuperuserSite(name="admin")


class ReadOnly(ModelAdmin):
    """Rows that are looked at, not made or changed here."""

    def has_add_permission(self, *_: Any, **__: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any, **__: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        return False


@admin.register(User, site=site)
class UserAdmin(ModelAdmin):
    """Accounts. Passwords are set by their owners, or with `manage.py changepassword`."""

    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_superuser", "last_login", "date_joined")
    readonly_fields = ("email", "last_login", "date_joined")

    def has_add_permission(self, *_: Any, **__: Any) -> bool:
        return False


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Team, site=site)
class TeamAdmin(ModelAdmin):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "created_at")
    readonly_fields = ("slug", "created_at")
    inlines = (MembershipInline,)


@admin.register(GatewayConnection, site=site)
class GatewayConnectionAdmin(ReadOnly):
    """Which gateway a team asks. The keys are not loaded."""

    list_display = ("name", "team", "base_url", "checked_at")
    fields = ("team", "name", "base_url", "position", "created_at", "checked_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("read_key", "replay_key", "log_key").select_related("team")


@admin.register(Invitation, site=site)
class InvitationAdmin(ReadOnly):
    list_display = ("team", "role", "invited_by", "created_at", "expires_at", "used_at")
    fields = ("team", "role", "invited_by", "created_at", "expires_at", "used_at")
    list_select_related = ("team", "invited_by")


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(ReadOnly):
    list_display = ("at", "team", "actor", "action", "subject")
    list_filter = ("action",)
    fields = ("at", "team", "actor", "action", "subject", "details")
    list_select_related = ("team", "actor")
