Attribute VB_Name = "KpiRibbon"
'What the ribbon asks and what its buttons do. Labels and tips in all languages stand on a hidden sheet, because VBA
'knows only the letters of one code page. Add-in and template get the callbacks under names of their own: Excel may
'run the callback of that name in another open workbook.
Option Explicit

Private Const TEXT_SHEET As String = "LeadKPI_Texts"
Private Const FAMILY_COLUMN As Long = 1
Private Const NAME_COLUMN As Long = 2
Private Const SIGNATURE_COLUMN As Long = 3
Private Const KEY_COLUMN As Long = 4
Private Const WORD_COLUMN As Long = 5
Private Const ADD_IN As String = "LeadKPI.xlam"
Private Const CONFIGURATION As String = "\leadkpi\leadkpi.conf"
Private Const TITLE As String = "Lead KPI"

'A template needs no tab of its own where the add-in is loaded.
Public Sub RibbonVisible(control As IRibbonControl, ByRef returnedVal)
    returnedVal = ThisWorkbook.IsAddin Or Not IsLoaded(ADD_IN)
End Sub

Public Sub RibbonLabel(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("ribbon." & control.ID)
End Sub

Public Sub RibbonSupertip(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("tip." & control.ID)
End Sub

Public Sub RibbonRun(control As IRibbonControl)
    Report KpiEngine.Bridge.RunMacro(control.Tag, ActiveWorkbook)
End Sub

Public Sub RibbonSettings(control As IRibbonControl)
    Dim question As String
    question = Translated("msg.settings") & vbLf & Environ$("APPDATA") & CONFIGURATION & vbLf & vbLf & _
        Translated("msg.restart")
    If MsgBox(question, vbYesNo + vbQuestion, TITLE) = vbYes Then KpiEngine.Bridge.StopPython
End Sub

'The galleries of KPIs, one a family; the tag of each is its family.
Public Sub RibbonFamily(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("family." & control.Tag)
End Sub

Public Sub RibbonItemCount(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Application.WorksheetFunction.CountIf(Words.Columns(FAMILY_COLUMN), control.Tag)
End Sub

Public Sub RibbonItemId(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, NAME_COLUMN)
End Sub

Public Sub RibbonItemLabel(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, NAME_COLUMN) & "  " & _
        KpiCell(control.Tag, index, WORD_COLUMN + LanguageCount() + Language())
End Sub

Public Sub RibbonItemScreentip(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, SIGNATURE_COLUMN)
End Sub

Public Sub RibbonItemSupertip(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, WORD_COLUMN + 2 * LanguageCount() + Language())
End Sub

Public Sub RibbonInsert(control As IRibbonControl, id As String, index As Integer)
    Report KpiEngine.Bridge.RunMacro("InsertKpi." & id, ActiveWorkbook)
End Sub

Private Sub Report(ByVal text As String)
    If text <> "" Then MsgBox text, vbInformation, TITLE
End Sub

Private Function Words() As Object
    Set Words = ThisWorkbook.Worksheets(TEXT_SHEET)
End Function

'Text of a key in the language of Excel's menus, in English if there is none in that.
Private Function Translated(ByVal key As String) As String
    Dim row As Variant
    Translated = key
    row = Application.Match(key, Words.Columns(KEY_COLUMN), 0)
    If Not IsError(row) Then Translated = Words.Cells(row, WORD_COLUMN + Language()).Value2
End Function

'Which of the languages is that of Excel's menus, from 0 on; 0 is English. Above the words of each stands the number
'by which Excel calls it.
Private Function Language() As Long
    Const USER_INTERFACE As Long = 2
    Dim wanted As Long, number As Long
    On Error Resume Next
    wanted = Application.LanguageSettings.LanguageID(USER_INTERFACE)
    For number = 0 To LanguageCount() - 1
        If Words.Cells(1, WORD_COLUMN + number).Value2 = wanted Then Language = number
    Next
End Function

'The words are followed by the titles and the tips of the KPIs, each in as many languages.
Private Function LanguageCount() As Long
    Do While VarType(Words.Cells(1, WORD_COLUMN + LanguageCount).Value2) = vbDouble
        LanguageCount = LanguageCount + 1
    Loop
End Function

'A cell of the list of KPIs: the rows of a family stand together.
Private Function KpiCell(ByVal family As String, ByVal index As Long, ByVal column As Long) As String
    Dim first As Variant
    first = Application.Match(family, Words.Columns(FAMILY_COLUMN), 0)
    If Not IsError(first) Then KpiCell = Words.Cells(first + index, column).Value2
End Function

Private Function IsLoaded(ByVal fileName As String) As Boolean
    Dim book As Object
    On Error Resume Next
    Set book = Application.Workbooks(fileName)
    IsLoaded = Not book Is Nothing
End Function
